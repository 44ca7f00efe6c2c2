from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charging_point.engine.journal import Journal, from_line, read, to_line
from charging_point.engine.ledger import (
    ContradictoryEntry,
    Entry,
    Ledger,
    PointNamed,
    ServiceSet,
    SessionAcked,
    SessionFinished,
    SessionMetered,
    SessionStarted,
)
from common.errors import CannotStart
from common.messages import ChargeCompletion, Reason

STARTED = SessionStarted(cp_id="CP1", session_id="s2", driver_id="D1", price_per_kwh=Decimal("0.3501"), started_at=1.5)


def finished(session_id: str) -> SessionFinished:
    return SessionFinished(
        completion=ChargeCompletion(
            message_id="m1",
            timestamp=1_800_000_000.123456,
            cp_id="CP1",
            session_id=session_id,
            energy_consumed_kwh=Decimal("12.345"),
            total_cost=Decimal("4.32"),
            reason=Reason.UNPLUGGED,
        )
    )


HISTORY: list[Entry] = [
    PointNamed(cp_id="CP1"),
    ServiceSet(out_of_service=True),
    finished("s0"),
    SessionAcked(session_id="s0"),
    finished("s1"),
    ServiceSet(out_of_service=False),
    STARTED,
    SessionMetered(session_id="s2", energy_wh=17),
    SessionMetered(session_id="s2", energy_wh=29),
]
SUM = Ledger(cp_id="CP1", open=STARTED, energy_wh=29, owed={"s1": finished("s1").completion}, ended=("s0",))


def write(path: Path, entries: list[Entry]) -> None:
    journal = Journal(path)
    for entry in entries:
        journal.append(entry)
    journal.close()


def reopened(path: Path) -> Ledger:
    journal = Journal(path)
    journal.close()
    return journal.ledger


@pytest.mark.parametrize("entry", HISTORY)
def test_an_entry_reads_back_as_it_was(entry: Entry) -> None:
    assert from_line(to_line(entry)[:-1]) == entry


def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    write(tmp_path / "j", HISTORY)
    assert reopened(tmp_path / "j") == SUM


def test_an_entry_is_in_the_file_before_append_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    for entry in HISTORY:
        journal.append(entry)
        assert (tmp_path / "j").read_bytes().endswith(to_line(entry))
    journal.close()


def test_the_folder_is_made_where_it_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "j", HISTORY)
    assert reopened(tmp_path / "a" / "b" / "j") == SUM


@given(cut=st.integers(0))
def test_a_file_cut_anywhere_holds_every_whole_line_before_the_cut(cut: int) -> None:
    whole = b"".join(to_line(entry) for entry in HISTORY)
    cut %= len(whole) + 1
    kept = HISTORY[: whole[:cut].count(b"\n")]
    expected = Ledger()
    for entry in kept:
        expected = expected.plus(entry)
    assert read(whole[:cut], "j") == expected


def test_a_last_line_of_which_the_disk_missed_a_sector_was_never_promised(tmp_path: Path) -> None:
    whole, filler = b"".join(to_line(entry) for entry in HISTORY), to_line(PointNamed(cp_id="CP1"))
    last = len(to_line(HISTORY[-1]))
    # So long that the border of a sector lies within the last line.
    data = next(one for n in range(10) if 10 < len(one := filler * n + whole) % 512 < last - 10)
    start, border = len(data) - last, len(data) // 512 * 512
    holed = data[:start] + bytes(border - start) + data[border:]
    assert read(holed, "j") == replace(SUM, energy_wh=17)
    followed = holed + to_line(SessionMetered(session_id="s2", energy_wh=30))
    with pytest.raises(CannotStart, match="damaged at line"):
        read(followed, "j")
    (tmp_path / "j").write_bytes(holed)
    assert reopened(tmp_path / "j") == replace(SUM, energy_wh=17)


@given(place=st.integers(0), byte=st.integers(0, 255))
def test_one_wrong_byte_is_reported_and_never_believed(place: int, byte: int) -> None:
    whole = b"".join(to_line(entry) for entry in HISTORY)
    place %= len(whole) - 1  # without the last line end: a file that lacks it was merely cut
    if whole[place] == byte:
        byte ^= 1
    damaged = whole[:place] + bytes([byte]) + whole[place + 1 :]
    with pytest.raises(CannotStart, match="damaged at line"):
        read(damaged, "j")


def test_a_damaged_journal_stops_the_start_with_what_to_do_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(to_line(HISTORY[0]) + b"rubbish\n" + to_line(HISTORY[1]))
    before = path.read_bytes()
    with pytest.raises(CannotStart) as told:
        Journal(path)
    assert str(told.value) == (
        f"The journal {path} is damaged at line 2 (the checksum does not fit). Restore it from a copy, or move it away "
        "to start without it: then what it still owes to Central is lost."
    )
    assert path.read_bytes() == before
    path.unlink()
    assert reopened(path) == Ledger()


def test_a_line_taken_out_of_the_middle_is_noticed_where_energy_would_be_lost() -> None:
    with pytest.raises(CannotStart, match="is metered but not open"):
        read(b"".join(to_line(entry) for entry in HISTORY if entry != STARTED), "j")


def test_two_engines_cannot_share_a_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j")
    with pytest.raises(CannotStart, match="Another Engine uses the journal"):
        Journal(tmp_path / "j")
    first.close()
    Journal(tmp_path / "j").close()


def test_a_journal_that_grows_is_made_short_and_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path, compact_above=2000)
    longest = 0
    for entry in [*HISTORY, *(SessionMetered(session_id="s2", energy_wh=wh) for wh in range(30, 330))]:
        journal.append(entry)
        longest = max(longest, path.stat().st_size)
    journal.close()
    assert longest < 2200
    assert reopened(path) == replace(SUM, energy_wh=329)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["j", "j.lock"]


def test_an_entry_that_contradicts_the_others_is_not_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    for entry in HISTORY:
        journal.append(entry)
    before = (tmp_path / "j").read_bytes()
    for wrong in (
        SessionMetered(session_id="s2", energy_wh=28),
        SessionMetered(session_id="s3", energy_wh=99),
        STARTED,
    ):
        with pytest.raises(ContradictoryEntry):
            journal.append(wrong)
    assert (tmp_path / "j").read_bytes() == before
    journal.close()


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"Cannot use the journal .*: its folder is a file\. Choose another file"):
        Journal(tmp_path / "file" / "j")


def test_a_bare_summary_reads_back_as_the_same_sum() -> None:
    assert read(b"".join(to_line(entry) for entry in SUM.entries()), "j") == SUM
