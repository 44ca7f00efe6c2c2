"""What Engine says to whoever stands at it is in their language; what it says over the wire stays as the protocol has it."""

from collections.abc import Iterator

import pytest

from charging_point.engine.effects import Tell
from common.messages import CommandResponse
from common.words import Language, speak, spoken
from tests.unit.engine.conftest import Rig, start, to_monitor


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    before = spoken()
    speak(Language.CHINESE)
    yield
    speak(before)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("soc x", "PERCENT 须为 0 至 100 的数字；格式：soc PERCENT"),
        ("stop", "当前没有充电会话"),
        ("fault", "格式：fault TYPE"),
        ("recover", "没有可恢复的故障"),
        ("swipe D1", "Monitor 未连接，无法询问"),
    ],
)
def test_lines_are_answered_in_the_language_spoken(rig: Rig, line: str, told: str) -> None:
    assert rig.line(line) == [Tell(ok=False, text=told)]


def test_a_refusal_is_in_english_on_the_wire_and_translated_at_the_point(rig: Rig) -> None:
    rig.linked().line("fault smoke")
    (refusal,) = to_monitor(rig.hear(start()))
    assert isinstance(refusal, CommandResponse)
    assert refusal.message == "The point has a fault: smoke."
    assert rig.line("swipe D1") == [Tell(ok=False, text="充电桩有故障：smoke。")]


def test_a_broken_journal_is_told_likewise(rig: Rig) -> None:
    rig.linked()
    rig.disk_is_full = True
    (refusal,) = [m for m in to_monitor(rig.hear(start())) if isinstance(m, CommandResponse)]
    assert refusal.message == "The journal of the Engine cannot be written, so no charge can be accounted for."
    assert rig.line("swipe D1") == [Tell(ok=False, text="Engine 的账本无法写入，充电无法入账。")]
