"""What a driver can be told."""

from typing import ClassVar, Literal

from pydantic import Field

from common.messages.fields import DriverId
from common.settings import Watchable, WithCentral, WithKafka

Transport = Literal["auto", "socket", "kafka"]

#: A command's person waits for the answer; a listener mostly waits for nothing and should cost nothing.
COMMAND_FETCH_WAIT_MS = 50
LISTEN_FETCH_WAIT_MS = 1000


class DriverSettings(WithKafka, WithCentral, Watchable):
    """One driver at the command line."""

    process: ClassVar[str] = "driver"

    driver_id: DriverId = Field(description="who asks")
    transport: Transport = Field(
        "auto", description="how requests go: the socket while it is up else Kafka, or one only"
    )
    kafka_fetch_wait_ms: int = Field(
        COMMAND_FETCH_WAIT_MS,
        ge=1,
        le=10_000,
        description=f"how long the broker may hold a fetch that finds nothing; {LISTEN_FETCH_WAIT_MS} in listen if not told",
    )
    json_: bool = Field(False, description="every event as one JSON line on standard output")

    def fetch_wait_ms(self, *, listening: bool) -> int:
        """How long a fetch may be held: what was set, else what suits the command."""
        told = "kafka_fetch_wait_ms" in self.model_fields_set
        return LISTEN_FETCH_WAIT_MS if listening and not told else self.kafka_fetch_wait_ms
