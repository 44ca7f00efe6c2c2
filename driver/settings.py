"""What a driver can be told."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from common.messages.fields import DriverId
from common.settings import Watchable, WithCentral, WithKafka
from driver.position import Position, read_position

Transport = Literal["auto", "socket", "kafka"]

#: A command's person waits for the answer; a listener mostly waits for nothing and should cost nothing.
COMMAND_FETCH_WAIT_MS = 50
LISTEN_FETCH_WAIT_MS = 1000
#: Who watches sees readings a second apart.
APP_FETCH_WAIT_MS = 250


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
        description=(
            f"how long the broker may hold a fetch that finds nothing; "
            f"{LISTEN_FETCH_WAIT_MS} in listen and {APP_FETCH_WAIT_MS} in the app if not told"
        ),
    )
    at: Annotated[Position | None, BeforeValidator(read_position)] = Field(
        None, description="where the driver is, in degrees north and east: the app then shows how far each point is"
    )
    console: bool = Field(True, description="on a terminal, open the app when no command is given")
    json_: bool = Field(False, description="every event as one JSON line on standard output")

    def fetch_wait_ms(self, *, listening: bool = False) -> int:
        """How long a fetch may be held: what was set, else what suits the command."""
        told = "kafka_fetch_wait_ms" in self.model_fields_set
        return LISTEN_FETCH_WAIT_MS if listening and not told else self.kafka_fetch_wait_ms


class AppSettings(DriverSettings):
    """The app asks on the screen who drives, where that was not told."""

    driver_id: DriverId = Field("", validate_default=False, description="who asks")

    def fetch_wait_ms(self, *, listening: bool = False) -> int:
        del listening
        told = "kafka_fetch_wait_ms" in self.model_fields_set
        return self.kafka_fetch_wait_ms if told else APP_FETCH_WAIT_MS
