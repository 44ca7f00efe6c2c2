"""What a record that no handler could take becomes in `dead_letters` (protocol, section 5). Reading it is ingest.py's."""

from common.errors import BadMessage
from common.kafka.bus import Headers, Outgoing, Record
from common.routes import Topic

#: What an Engine or a driver writes is far smaller; more than this no producer would take with our headers around it.
_MOST_BYTES = 900_000
#: Of what is larger, so much is kept.
_KEPT_BYTES = 64 * 1024
_KEPT_CHARACTERS = 1000


def dead_letter(record: Record, bad: BadMessage) -> Outgoing:
    """
    The record, whole, with why and where from in its headers.

    A broker may hold records larger than a producer sends: such a letter would never be taken, and everything behind it in
    the partition would wait for ever. It is cut, and says how large it was.
    """
    why = {
        "error": str(bad.code),
        "source_topic": str(record.topic),
        "source_partition": str(record.partition),
        "source_offset": str(record.offset),
    }
    size = _size(record.key) + len(record.value) + _size_of(record.headers)
    if size <= _MOST_BYTES:
        return Outgoing(Topic.DEAD_LETTERS, record.key, record.value, {**record.headers, **why})
    known = {name: record.headers[name][:_KEPT_CHARACTERS] for name in ("type", "message_id") if name in record.headers}
    cut = {**known, **why, "cut_from_bytes": str(size)}
    return Outgoing(Topic.DEAD_LETTERS, record.key[:_KEPT_CHARACTERS], record.value[:_KEPT_BYTES], cut)


def _size_of(headers: Headers) -> int:
    return sum(_size(name) + _size(text) for name, text in headers.items())


def _size(text: str) -> int:
    return len(text.encode())
