"""What the operator's command line can be told."""

from typing import ClassVar

from pydantic import Field

from common.messages.fields import AdminId
from common.settings import WithCentral


class AdminSettings(WithCentral):
    """One operator at the command line."""

    process: ClassVar[str] = "admin"

    admin_id: AdminId = Field("admin", description="who asks; matters with --secret-file")
    json_: bool = Field(False, description="the answer's data as one JSON line on standard output")
