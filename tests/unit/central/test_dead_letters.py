"""What no handler could take is kept whole, with why; what no producer would take is cut, or all behind it would wait."""

from central.dead_letters import dead_letter
from common.errors import BadMessage, ErrorCode
from common.kafka.bus import Outgoing, Record
from common.routes import Topic

BAD = BadMessage(ErrorCode.MALFORMED_JSON, "This is no JSON.")
WHY = {
    "error": "malformed_json",
    "source_topic": "charging_session_data",
    "source_partition": "3",
    "source_offset": "7",
}


def test_a_dead_letter_is_the_whole_record_and_says_why_and_where_from() -> None:
    record = Record(Topic.SESSION_DATA, 3, 7, "CP1", b"\xff" * 500_000, {"type": "charging_data", "x": "y"})
    headers = {"type": "charging_data", "x": "y", **WHY}
    assert dead_letter(record, BAD) == Outgoing(Topic.DEAD_LETTERS, "CP1", b"\xff" * 500_000, headers)


def test_a_record_that_no_producer_would_take_is_cut_and_says_how_large_it_was() -> None:
    record = Record(Topic.SESSION_DATA, 3, 7, "CP1", b"\xff" * 1_000_000, {"type": "charging_data", "x": "y"})
    headers = {"type": "charging_data", **WHY, "cut_from_bytes": str(1_000_000 + 3 + 4 + 13 + 2)}
    assert dead_letter(record, BAD) == Outgoing(Topic.DEAD_LETTERS, "CP1", b"\xff" * 65_536, headers)


def test_headers_and_keys_count_too() -> None:
    record = Record(Topic.SESSION_DATA, 3, 7, "k" * 500_000, b"{", {"type": "t" * 5000, "x": "y" * 500_000})
    letter = dead_letter(record, BAD)
    assert (len(letter.key), letter.value, letter.headers["type"]) == (1000, b"{", "t" * 1000)
    assert "x" not in letter.headers
