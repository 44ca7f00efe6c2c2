"""Engine asks for certificates: a Monitor with another point's has no say, whatever it sends."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from common.errors import ErrorCode
from common.ids import counted_ids, random_id
from common.messages import (
    ChargeCompletionAck,
    CommandResponse,
    ErrorResponse,
    HealthCheckRequest,
    HealthCheckResponse,
    InitCpId,
    LocalStartResponse,
    Message,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopCpCommand,
)
from common.net.dialer import connect
from common.net.limits import Limits
from common.net.pairs import Pair
from common.net.server import Server
from common.net.tls import of_client, of_listener
from common.registry import over_tcp
from common.routes import Role
from common.settings import Listens, WithCentral, load
from tests import certificates
from tests.unit.engine.conftest import PlayedMonitor
from tests.unit.engine.test_runtime import Place


class EngineSettings(Listens):
    process = "engine"


class MonitorSettings(WithCentral):
    process = "monitor"


class Certified:
    """An Engine that asks for certificates, and Monitors that show one."""

    def __init__(self, folder: Path) -> None:
        self._made = folder / "tls"
        certificates.good(self._made)
        self.place = Place(folder)
        pair = certificates.host(self._made)
        told = {"tls_cert": pair.cert, "tls_key": pair.key, "tls_client_ca": self._made / "ca.pem"}
        self.place.server = Server(
            self.place.runtime.serve,
            over_tcp(Role.MONITOR, Role.ENGINE),
            clock=self.place.clock,
            ids=counted_ids("s"),
            tls=of_listener(load(EngineSettings, told)),
            limits=Limits(),
        )

    async def monitor(self, pair: Pair) -> PlayedMonitor:
        settings = load(MonitorSettings, {"tls_ca": self._made / "ca.pem", "tls_cert": pair.cert, "tls_key": pair.key})
        link = await connect(
            self.place.address,
            over_tcp(Role.ENGINE, Role.MONITOR),
            clock=self.place.clock,
            ids=random_id,
            tls=of_client(settings, settings.tls_ca),
        )
        self.place._monitors.append(PlayedMonitor(link))
        return self.place._monitors[-1]

    async def of_point(self, cp_id: str) -> PlayedMonitor:
        return await self.monitor(certificates.point(self._made, cp_id))


@pytest.fixture
async def certified(tmp_path: Path) -> AsyncIterator[Certified]:
    made = Certified(tmp_path)
    await made.place.open()
    yield made
    await made.place.close()


SAID: dict[str, Callable[[], Message]] = {
    "init_cp_id": lambda: InitCpId(message_id="x", cp_id="CP1"),
    "health_check_request": lambda: HealthCheckRequest(message_id="x", id="CP1"),
    "start_charging_command": lambda: StartChargingCommand(
        message_id="x",
        cp_id="CP1",
        session_id="s9",
        driver_id="D1",
        price_per_kwh=Decimal("0.5"),
        max_charging_rate_kw=22,
    ),
    "stop_charging_command": lambda: StopChargingCommand(message_id="x", cp_id="CP1", session_id="s1"),
    "stop_cp_command": lambda: StopCpCommand(message_id="x", cp_id="CP1", reason="admin_stop"),
    "resume_cp_command": lambda: ResumeCpCommand(message_id="x", cp_id="CP1"),
    # This names no point, so it is the Engine's own.
    "local_start_response": lambda: LocalStartResponse(message_id="x", status="success", session_id="s9"),
    "charge_completion_ack": lambda: ChargeCompletionAck(message_id="x", cp_id="CP1", session_id="s1"),
    "error_response": lambda: ErrorResponse(message_id="x", status="failure", error=ErrorCode.INTERNAL_ERROR),
}


def test_the_catalogue_above_is_whole() -> None:
    assert set(SAID) == set(over_tcp(Role.MONITOR, Role.ENGINE))


@pytest.mark.parametrize("said", SAID)
async def test_a_monitor_with_another_points_certificate_has_no_say(certified: Certified, said: str) -> None:
    owner, other = await certified.of_point("CP1"), await certified.of_point("CP2")
    for message in (InitCpId(message_id="i", cp_id="CP1"), SAID["start_charging_command"]()):
        answer = await owner.ask(message)
        assert isinstance(answer, CommandResponse)
        assert answer.succeeded
    refused = await other.ask(SAID[said]())
    assert isinstance(refused, ErrorResponse)
    assert (refused.error, refused.message_id, refused.message) == (
        ErrorCode.AUTH_FAILED,
        "x",
        "The certificate of this link is for CP2, not for CP1.",
    )
    health = await owner.ask(HealthCheckRequest(message_id="h", id="CP1"))
    assert isinstance(health, HealthCheckResponse)
    assert (health.status, health.is_charging) == ("success", True)


async def test_a_monitor_may_speak_for_its_own_point_only_however_it_calls_it(certified: Certified) -> None:
    other = await certified.of_point("CP2")
    answer = await other.ask(InitCpId(message_id="i", cp_id="CP2"))
    assert isinstance(answer, CommandResponse)
    assert (answer.succeeded, certified.place.point.cp_id) == (True, "CP2")
