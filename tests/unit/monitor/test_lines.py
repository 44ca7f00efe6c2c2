"""The operator's lines: one answer each, and what follows."""

from collections.abc import Iterator

import pytest

from charging_point.monitor import lines
from charging_point.monitor.effects import Effects
from common.messages import FaultNotification, PointStatus, RecoveryNotification, StatusUpdate
from common.words import Language, speak, spoken
from tests.unit.monitor.conftest import ANY, Rig, answer, plain, start_command, to_central


def obey(rig: Rig, line: str) -> tuple[str, Effects]:
    return lines.obey(line, rig.watch, rig.clock.now())


def test_a_simulated_fault_is_reported_and_recovered(joined: Rig) -> None:
    said, effects = obey(joined, "fault smoke  It smokes a lot. ")
    assert said == "ok: CP1 has the fault smoke"
    assert [plain(m) for m in to_central(effects)] == [
        FaultNotification(message_id=ANY, cp_id="CP1", fault_type="smoke", description="It smokes a lot."),
        StatusUpdate(message_id=ANY, cp_id="CP1", status=PointStatus.FAULTY, detail="smoke"),
    ]
    said, effects = obey(joined, "recover")
    assert said == "ok: the fault is gone"
    assert [plain(m) for m in to_central(effects)] == [
        RecoveryNotification(message_id=ANY, cp_id="CP1"),
        StatusUpdate(message_id=ANY, cp_id="CP1", status=PointStatus.ACTIVE),
    ]


def test_a_recovery_names_the_faults_that_remain(joined: Rig) -> None:
    obey(joined, "fault smoke")
    joined.engine_lost()
    assert obey(joined, "recover")[0] == "ok: the fault is gone; engine_unreachable remains"


def test_status_tells_how_everything_stands(rig: Rig) -> None:
    assert obey(rig, "status")[0] == "ok: CP1 is DISCONNECTED; Engine away, Central away"
    rig.join()
    assert obey(rig, "status")[0] == "ok: CP1 is ACTIVE; Engine linked, Central linked"
    rig.central(start_command())
    rig.engine(answer())
    assert obey(rig, "status")[0] == "ok: CP1 is CHARGING in session S1; Engine linked, Central linked"
    rig.engine_lost()
    expected = "ok: CP1 is FAULTY (engine_unreachable) in session S1; Engine away, Central linked"
    assert obey(rig, "status")[0] == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fault", "error: say it so: fault TYPE [description]"),
        ("fault \x1b[2J", "error: TYPE may have 200 and the description 1000 printable characters"),
        (f"fault smoke {'x' * 1001}", "error: TYPE may have 200 and the description 1000 printable characters"),
        ("recover", "error: no fault was made here that could end"),
        ("recover now", "error: recover takes no further words"),
        ("status please", "error: status takes no further words"),
        ("explode", "error: there is no such order; know: fault TYPE [description], recover, status"),
        ("   ", "error: there is no such order; know: fault TYPE [description], recover, status"),
    ],
)
def test_a_wrong_line_is_answered_and_changes_nothing(joined: Rig, line: str, said: str) -> None:
    assert obey(joined, line) == (said, [])
    assert joined.watch.standing.status is PointStatus.ACTIVE


@pytest.fixture
def _in_chinese() -> Iterator[None]:
    before = spoken()
    speak(Language.CHINESE)
    yield
    speak(before)


@pytest.mark.usefixtures("_in_chinese")
def test_answers_are_in_the_language_spoken_behind_the_word_that_programs_read(joined: Rig) -> None:
    assert obey(joined, "recover")[0] == "error: 此处没有制造过可恢复的故障"
    assert obey(joined, "fault smoke")[0] == "ok: CP1 出现故障：smoke"
    assert obey(joined, "status")[0] == "ok: CP1 状态：故障（smoke）；Engine 已连接，中央系统已连接"
