"""What the operator's command line can be told."""

from typing import ClassVar

from pydantic import Field

from common.messages.fields import AdminId
from common.settings import WithCentral, WithSecretsKey


class AdminSettings(WithCentral, WithSecretsKey):
    """One operator at the command line."""

    process: ClassVar[str] = "admin"

    admin_id: AdminId = Field("operator", description="who asks; matters with --secret-file")
    database: str | None = Field(
        None,
        description="work on the credentials in Central's database itself, as a SQLAlchemy address: where no Central runs yet",
    )
    json_: bool = Field(False, description="the answer's data as one JSON line on standard output")
