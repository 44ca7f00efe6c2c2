"""The journal that the points of a fleet share: durable together, whole after a crash, nothing of anybody's lost."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from charging_point.engine.ledger import (
    Entry,
    Ledger,
    PointNamed,
    SessionAcked,
    SessionFinished,
    SessionMetered,
    SessionStarted,
)
from charging_point.fleet.journal import SharedJournal, from_line, read, to_line
from common.errors import CannotStart
from common.messages import ChargeCompletion, Reason


def started(cp_id: str) -> SessionStarted:
    return SessionStarted(
        cp_id=cp_id, session_id=f"s-{cp_id}", driver_id="D", price_per_kwh=Decimal("0.3"), started_at=1.0
    )


def metered(cp_id: str, energy_wh: int) -> SessionMetered:
    return SessionMetered(session_id=f"s-{cp_id}", energy_wh=energy_wh)


def finished(cp_id: str) -> SessionFinished:
    return SessionFinished(
        completion=ChargeCompletion(
            message_id="m",
            timestamp=2.0,
            cp_id=cp_id,
            session_id=f"s-{cp_id}",
            energy_consumed_kwh=Decimal("0.006"),
            total_cost=Decimal("0.00"),
            reason=Reason.DRIVER_STOP,
        )
    )


class Kept:
    """What a journal says of its writes."""

    def __init__(self, journal: SharedJournal) -> None:
        self.written: list[list[int]] = []
        self.failed: list[tuple[list[int], str]] = []
        self._said = asyncio.Event()
        journal.on_written = lambda places: self._note(lambda: self.written.append(list(places)))
        journal.on_failed = lambda places, why: self._note(lambda: self.failed.append((list(places), why)))

    def _note(self, note: Callable[[], None]) -> None:
        note()
        self._said.set()

    async def next(self) -> None:
        async with asyncio.timeout(10):
            await self._said.wait()
            self._said.clear()


async def write(path: Path, *entries: tuple[str, Entry], compact_above: int = 1 << 20) -> None:
    journal = SharedJournal(path, compact_above=compact_above)
    kept = Kept(journal)
    work = asyncio.ensure_future(journal.run())
    for place, (cp_id, entry) in enumerate(entries):
        assert not journal.write(place, cp_id, entry)
        await kept.next()
    work.cancel()
    journal.close()


@pytest.mark.parametrize("entry", [PointNamed(cp_id="CP1"), started("CP1"), metered("CP1", 7), finished("CP1")])
def test_a_line_is_read_as_it_was_written(entry: Entry) -> None:
    assert from_line(to_line("CP1", entry).rstrip(b"\n")) == ("CP1", entry)


async def test_each_point_finds_its_own_account_again(tmp_path: Path) -> None:
    path = tmp_path / "fleet.journal"
    await write(
        path,
        ("A", started("A")),
        ("B", started("B")),
        ("A", metered("A", 6)),
        ("B", finished("B")),
        ("B", SessionAcked(session_id="s-B")),
    )
    journal = SharedJournal(path)
    journal.close()
    assert journal.ledgers == {
        "A": Ledger(open=started("A"), energy_wh=6),
        "B": Ledger(ended=("s-B",)),
    }


async def test_what_comes_at_once_is_durable_at_once(tmp_path: Path) -> None:
    journal = SharedJournal(tmp_path / "fleet.journal")
    kept = Kept(journal)
    for place, cp_id in enumerate("ABC"):
        journal.write(place, cp_id, started(cp_id))
    work = asyncio.ensure_future(journal.run())
    await kept.next()
    work.cancel()
    journal.close()
    assert (kept.written, sorted(read(journal.path.read_bytes(), "it"))) == ([[0, 1, 2]], ["A", "B", "C"])


async def test_an_unfinished_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "fleet.journal"
    await write(path, ("A", started("A")))
    path.write_bytes(path.read_bytes() + to_line("B", started("B"))[:40])
    assert list(read(path.read_bytes(), "it")) == ["A"]


async def test_a_damaged_line_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "fleet.journal"
    await write(path, ("A", started("A")), ("A", metered("A", 6)))
    path.write_bytes(path.read_bytes().replace(b'"energy_wh":6', b'"energy_wh":7'))
    with pytest.raises(CannotStart, match="line 2"):
        SharedJournal(path)


async def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "fleet.journal"
    entries: list[tuple[str, Entry]] = [("A", started("A")), *(("A", metered("A", energy)) for energy in range(1, 100))]
    await write(path, *entries, compact_above=2000)
    assert path.stat().st_size < 4000
    assert read(path.read_bytes(), "it") == {"A": Ledger(open=started("A"), energy_wh=99)}


async def test_a_disk_that_takes_nothing_is_told_to_those_who_wait(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    journal = SharedJournal(folder / "fleet.journal")
    kept = Kept(journal)
    work = asyncio.ensure_future(journal.run())
    journal._file.forget_file()  # after a failed write only a whole new file is sure
    (folder / "fleet.journal.new").mkdir()
    journal.write(3, "A", started("A"))
    await kept.next()
    (folder / "fleet.journal.new").rmdir()
    journal.write(4, "B", started("B"))
    await kept.next()
    work.cancel()
    journal.close()
    ((places, why),) = kept.failed
    assert (places, kept.written) == ([3], [[4]])
    assert why.startswith(f"The journal {journal.path} cannot be written: Is a directory. Make room there;")
    assert list(read(journal.path.read_bytes(), "it")) == ["B"]


async def test_a_second_fleet_may_not_use_it(tmp_path: Path) -> None:
    journal = SharedJournal(tmp_path / "fleet.journal")
    with pytest.raises(CannotStart):
        SharedJournal(tmp_path / "fleet.journal")
    journal.close()


async def test_accounts_of_points_that_are_not_there_are_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "fleet.journal"
    await write(path, ("A", started("A")), ("B", finished("B")), ("C", SessionAcked(session_id="s")))
    with pytest.raises(CannotStart) as wrong:
        SharedJournal(path).must_know({"A", "C"})
    assert str(wrong.value) == (
        f"The journal {path} has accounts of 1 points that are not in this fleet, B among them; "
        "run them too, or give another --journal."
    )


async def test_entries_that_a_long_file_cannot_be_shortened_for_are_written_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "folder"
    journal = SharedJournal(folder / "fleet.journal", compact_above=10)
    kept = Kept(journal)
    work = asyncio.ensure_future(journal.run())
    (folder / "fleet.journal.new").mkdir()
    journal.write(3, "A", started("A"))
    await kept.next()
    work.cancel()
    journal.close()
    assert (kept.written, kept.failed) == ([[3]], [])
    assert caplog.messages == [f"The journal {journal.path} cannot be made shorter: Is a directory."]
    assert read(journal.path.read_bytes(), "it") == {"A": Ledger(open=started("A"))}


async def test_what_is_being_written_when_nobody_waits_any_more_is_on_the_disk_before_it_closes(tmp_path: Path) -> None:
    journal = SharedJournal(tmp_path / "fleet.journal")
    work = asyncio.ensure_future(journal.run())
    for place in range(2000):
        journal.write(place, f"P{place}", started(f"P{place}"))
    async with asyncio.timeout(10):
        while not journal._is_syncing:  # noqa: ASYNC110 - one look a turn
            await asyncio.sleep(0)
        while not journal._at_file.locked() and journal._is_syncing:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    work.cancel()
    journal.close()
    assert len(read(journal.path.read_bytes(), "it")) == 2000
