"""Whatever two peers say in whatever order: the watch goes on, sends only what it may, and its timer moves on."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from charging_point.monitor.condition import Fault
from charging_point.monitor.effects import Effects, ToCentral, ToEngine
from common.errors import ErrorCode
from common.messages import (
    AuthResponse,
    ChargeCompletionAck,
    ErrorResponse,
    FaultNotification,
    HeartbeatResponse,
    LocalStartRequest,
    LocalStartResponse,
    PointStatus,
    RecoveryNotification,
    ResumeCpCommand,
    StopCpCommand,
)
from common.routes import Role, Tcp
from tests.unit.monitor.conftest import Rig, answer, completion, health, reading, registered, start_command

SMOKE = FaultNotification(message_id="f", cp_id="CP1", fault_type="smoke")


def sent(rig: Rig) -> str:
    """The id that an answer needs: of the last message sent, where there is one."""
    own = [e.message.message_id for e in getattr(rig, "last", []) if isinstance(e, ToEngine | ToCentral)]
    return own[-1] if own else "none"


STEPS: dict[str, Callable[[Rig], Any]] = {
    "engine up": lambda r: r.engine_up(),
    "engine lost": lambda r: r.engine_lost(),
    "engine fails": lambda r: r.engine_fails(),
    "central up": lambda r: r.central_up(),
    "central lost": lambda r: r.central_lost(),
    "central fails": lambda r: r.central_fails(),
    "answer": lambda r: r.engine(answer(sent(r), None)),
    "link": lambda r: r.link_engine(),
    "register": lambda r: r.central(registered(sent(r))),
    "join": lambda r: r.join(),
    "register stopped": lambda r: r.central(registered(sent(r), out_of_service=True)),
    "believed": lambda r: r.central(AuthResponse(message_id=sent(r), status="success")),
    "heartbeat refused": lambda r: r.central(HeartbeatResponse(message_id="h", status="failure")),
    "superseded": lambda r: r.central(ErrorResponse(message_id="x", error=ErrorCode.SUPERSEDED)),
    "central error": lambda r: r.central(ErrorResponse(message_id="l", error=ErrorCode.INVALID_MESSAGE)),
    "engine error": lambda r: r.engine(ErrorResponse(message_id=sent(r), error=ErrorCode.INVALID_MESSAGE)),
    "start": lambda r: r.central(start_command()),
    "start accepted": lambda r: r.engine(answer("c1")),
    "stop cp": lambda r: r.central(StopCpCommand(message_id="s", cp_id="CP1", reason="admin_stop")),
    "stop cp accepted": lambda r: r.engine(answer("s", None)),
    "resume cp": lambda r: r.central(ResumeCpCommand(message_id="u", cp_id="CP1")),
    "swipe": lambda r: r.engine(LocalStartRequest(message_id="l", cp_id="CP1", driver_id="D1")),
    "swipe allowed": lambda r: r.central(LocalStartResponse(message_id="l", status="success", session_id="S2")),
    "reading": lambda r: r.engine(reading(relay=True)),
    "completion": lambda r: r.engine(completion()),
    "ack": lambda r: r.central(ChargeCompletionAck(message_id="a", cp_id="CP1", session_id="S1")),
    "fault": lambda r: r.engine(SMOKE),
    "recovery": lambda r: r.engine(RecoveryNotification(message_id="g", cp_id="CP1")),
    "well": lambda r: r.engine(health()),
    "charging": lambda r: r.engine(health(PointStatus.CHARGING, charging=True)),
    "faulty": lambda r: r.engine(health(PointStatus.FAULTY)),
    "stopped": lambda r: r.engine(health(PointStatus.STOPPED)),
    "drill": lambda r: r.watch.simulate_fault(Fault("drill"), r.clock.now()),
    "end of drill": lambda r: r.watch.end_simulated_fault(r.clock.now()),
    "a second": lambda r: r.after(1),
    "a minute": lambda r: r.after(60),
}


def may_send(effects: Effects, *, registered: bool) -> None:
    for effect in effects:
        if isinstance(effect, ToEngine):
            assert Tcp(Role.MONITOR, Role.ENGINE) in effect.message.routes
        if isinstance(effect, ToCentral):
            assert Tcp(Role.MONITOR, Role.CENTRAL) in effect.message.routes
            assert registered or effect.message.type in ("auth_request", "register_request")


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
def test_every_history_is_survived(has_secret: bool, steps: list[str]) -> None:
    rig = Rig(secret="s3cret" if has_secret else None)
    for step in steps:
        before = rig.watch.enrolment.registered
        done = STEPS[step](rig)
        if isinstance(done, list):
            may_send(done, registered=before or rig.watch.enrolment.registered)
        standing = rig.watch.standing
        assert standing.condition.facts.registered == rig.watch.enrolment.registered
        assert standing.status is standing.condition.facts.status()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
def test_after_any_history_a_point_can_join_and_is_told_truly(steps: list[str]) -> None:
    rig = Rig()
    for step in steps:
        STEPS[step](rig)
    rig.watch.end_simulated_fault(rig.clock.now())
    rig.engine_lost()
    rig.central_lost()
    rig.link_engine()
    rig.register(out_of_service=False)
    assert rig.watch.standing.status is PointStatus.ACTIVE
