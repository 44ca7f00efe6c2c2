"""What the auditor reads, written by the code under test: the two agree on the formats, and on nothing else."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from charging_point.engine.journal import Journal
from charging_point.engine.ledger import SessionAcked, SessionFinished, SessionMetered, SessionStarted
from common.messages import ChargeCompletion, Reason
from tests.faults.audit.history import Booked, Entry, Event, KeptApart, Order, Point, Told
from tests.faults.audit.reading import journal, read_history
from tests.faults.harness.journals import Archive
from tests.postgres_server import Outside

STARTED = SessionStarted(cp_id="CP1", session_id="S1", driver_id="D1", price_per_kwh=Decimal("0.3050"), started_at=1.0)
ACCOUNT = ChargeCompletion(
    message_id="m",
    cp_id="CP1",
    session_id="S1",
    energy_consumed_kwh=Decimal("0.050"),
    total_cost=Decimal("0.02"),
    reason=Reason.UNPLUGGED,
)
WHOLE = [
    Entry("CP1", "started", "S1", price=Decimal("0.3050")),
    Entry("", "metered", "S1", energy_wh=50),
    Entry("CP1", "finished", "S1", 50, reason="unplugged"),
    Entry("", "acked", "S1"),
]


def test_the_archive_keeps_what_a_restart_of_the_engine_takes_out_of_its_journal(tmp_path: Path) -> None:
    live, kept = tmp_path / "live", tmp_path / "kept"
    archive = Archive(live, kept)
    written = Journal(live / "CP1.journal")
    archive.look()
    for entry in (
        STARTED, SessionMetered(session_id="S1", energy_wh=50), SessionFinished(completion=ACCOUNT),
        SessionAcked(session_id="S1"),
    ):  # fmt: skip
        written.append(entry)
    written.close()
    Journal(live / "CP1.journal").close()
    archive.look()
    assert journal([live / "CP1.journal"]) == WHOLE[-1:]
    assert journal(archive.files("CP1")) == [*WHOLE, WHOLE[-1]]


def test_a_last_line_without_its_end_is_left_out_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    written = Journal(tmp_path / "j")
    written.append(STARTED)
    written.close()
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "torn").write_bytes(whole + b'{"crc32":"0')
    assert journal([tmp_path / "torn"]) == WHOLE[:1]
    (tmp_path / "bad").write_bytes(whole.replace(b"0.305", b"0.306"))
    with pytest.raises(ValueError, match="is damaged at line 2"):
        journal([tmp_path / "bad"])


def test_a_history_is_read_from_its_folder_and_a_database_of_either_kind(tmp_path: Path, database: str) -> None:
    from central.store.engine import open_database

    open_database(database).dispose()
    with Outside(database) as connection:
        for statement in (
            (
                "INSERT INTO sessions (session_id, cp_id, driver_id, state, origin, request_id, price_per_kwh, "
                "claim_deadline, started_at, energy_wh, rate_kw, total_cost, reason) VALUES "
                "('S1', 'CP1', 'D1', 'FINISHED', 'socket', 'r1', 3050, 0, 0, 50, 0, 2, 'unplugged')"
            ),
            "INSERT INTO events (at, kind, text, cp_id, session_id) VALUES (0, 'claimed', '', 'CP1', 'S1')",
            (
                "INSERT INTO quarantine (at, cp_id, session_id, energy_wh, total_cost, reason, why, body) "
                "VALUES (0, 'CP1', 'S9', 7, 0, 'fault', '', '')"
            ),
            (
                "INSERT INTO points (cp_id, status, out_of_service, price_per_kwh, max_charging_rate_kw, generation) "
                "VALUES ('CP1', 'ACTIVE', true, 3050, 22, 1)"
            ),
            "INSERT INTO outbox (instance, topic, key, headers, body, at) VALUES ('c', 't', 'k', '', '', 0)",
        ):
            connection.exec_driver_sql(statement)
    for name in ("journals", "told", "topics"):
        (tmp_path / name).mkdir()
    (tmp_path / "told" / "D1.jsonl").write_text('{"asked": {"n": 1}}\n{"told": {"kwh": 0.05}, "at": 7.5}\n')
    (tmp_path / "told" / "P1.jsonl").write_text('{"program": true}\n')
    said = [{"key": "P1", "value": {"n": 2}, "at": 8}, {"key": "D1", "value": {"n": 3}, "at": 9}]
    (tmp_path / "topics" / "driver_responses.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in said))
    (tmp_path / "topics" / "dead_letters.jsonl").write_text('{"key": "x", "value": "junk"}\n')
    (tmp_path / "orders.jsonl").write_text('{"cp_id": "CP1", "command": "stop_cp", "value": "", "confirmed": false}\n')
    (tmp_path / "monitors.json").write_text('{"CP1": "ACTIVE"}')
    (tmp_path / "remains.json").write_text(
        '{"lag": {}, "orphans": [], "ended_alone": [], "queues": {"q": [1, 2]}, "unrest": "", "lives": [1.5, 9.0]}'
    )

    history = read_history(tmp_path, database.replace("postgresql+psycopg", "postgresql").partition("?")[0])

    assert history.booked == [
        Booked("S1", "CP1", "D1", "r1", "FINISHED", 50, Decimal("0.3050"), Decimal("0.02"), "unplugged")
    ]
    assert history.events == [Event("claimed", "CP1", "S1")]
    assert history.quarantine == [KeptApart("CP1", "S9", 7)]
    assert history.points == [Point("CP1", "ACTIVE", out_of_service=True, price=Decimal("0.3050"))]
    assert history.told == [
        Told("D1", [{"n": 1}], [{"kwh": Decimal("0.05")}], heard_at=[7.5]),
        Told("P1", heard=[{"n": 2}], is_program=True, heard_at=[8.0]),
    ]
    assert history.orders == [Order("CP1", "stop_cp", confirmed=False)]
    assert history.monitors == {"CP1": "ACTIVE"}
    assert history.lives == [1.5, 9.0]
    assert (history.remains.outbox, history.remains.queues) == (1, {"q": (1, 2)})
    assert history.remains.dead_letters == ['x: "junk"']
