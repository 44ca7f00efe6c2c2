"""How much is in the database: counts that stay cheap however much that is, and sizes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from central.domain.sessions import OPEN, State
from central.store.readings import DEFAULT, partitions
from central.store.tables import IS_OPEN, IS_REFUSED

#: Tables of so many pages are counted; of bigger ones the server's own estimate is told.
FEW_PAGES = 1_000
_PAGES = (
    "SELECT c.reltuples, c.relpages, pg_relation_size(c.oid) / current_setting('block_size')::int,"
    " pg_total_relation_size(c.oid) FROM pg_class c WHERE c.oid = CAST(:name AS regclass)"
)
_SHARES = (
    "SELECT word, share FROM pg_stats, unnest(most_common_vals::text::text[], most_common_freqs) AS found (word, share)"
    " WHERE schemaname = current_schema() AND tablename = 'sessions' AND attname = 'state'"
)
#: Rows of a page where the server has not looked yet.
_USUAL_DENSITY = 60.0


@dataclass(frozen=True, slots=True)
class Size:
    """Of a table; `is_estimate` where counting would take long, `size` only where the database tells."""

    rows: int
    size: int | None = None
    is_estimate: bool = False

    def __add__(self, other: "Size") -> "Size":
        size = None if self.size is None or other.size is None else self.size + other.size
        return Size(self.rows + other.rows, size, self.is_estimate or other.is_estimate)


def size_of(connection: Connection, name: str, few_pages: int = FEW_PAGES) -> Size:
    """The size of one of our tables; that of `readings` with all its partitions."""
    if connection.dialect.name != "postgresql":
        return _size_in_file(connection, name)
    if name == "readings":
        parts = [_size_on_server(connection, partition.name, few_pages) for partition in partitions(connection)]
        return sum(parts, Size(0, 0))
    return _size_on_server(connection, name, few_pages)


def _size_on_server(connection: Connection, name: str, few_pages: int = FEW_PAGES) -> Size:
    rows_then, pages_then, pages, size = connection.execute(text(_PAGES), {"name": name}).one()
    if pages <= few_pages:
        return Size(_count(connection, name), int(size))
    density = rows_then / pages_then if rows_then > 0 and pages_then > 0 else _USUAL_DENSITY
    return Size(int(density * pages), int(size), is_estimate=True)


def _size_in_file(connection: Connection, name: str) -> Size:
    if name not in ("readings", "events", "sessions"):
        return Size(_count(connection, name))
    # Rows are numbered as they come and go from the front, if at all, so the numbers tell without a look at each.
    ends = f"SELECT (SELECT max(rowid) FROM {name}) - (SELECT min(rowid) FROM {name}) + 1"  # noqa: S608 - our own words
    return Size(connection.execute(text(ends)).scalar_one() or 0)


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())  # noqa: S608 - our own words


def sessions_by_state(connection: Connection, few_pages: int = FEW_PAGES) -> dict[str, int]:
    """Exact where there are few, and always of those that are open; of the many that ended, PostgreSQL's estimate."""
    counted = "SELECT state, count(*) FROM sessions"
    if connection.dialect.name != "postgresql":
        return _by_state_in_file(connection, f"{counted} WHERE {IS_OPEN.text} GROUP BY state")
    whole = size_of(connection, "sessions", few_pages)
    if not whole.is_estimate:
        return _by_word(connection, f"{counted} GROUP BY state")
    shares = connection.execute(text(_SHARES)).all()
    ended = {str(word): int(share * whole.rows) for word, share in shares if word not in OPEN}
    return dict(sorted((ended | _by_word(connection, f"{counted} WHERE {IS_OPEN.text} GROUP BY state")).items()))


def _by_state_in_file(connection: Connection, counted_open: str) -> dict[str, int]:
    """Whatever is neither open nor refused is finished, and nobody needs to look at it."""
    found = _by_word(connection, counted_open)
    refused = f"SELECT count(*) FROM sessions WHERE {IS_REFUSED.text}"  # noqa: S608 - our own words
    found[State.REFUSED] = int(connection.execute(text(refused)).scalar_one())
    found[State.FINISHED] = _size_in_file(connection, "sessions").rows - sum(found.values())
    return {str(state): count for state, count in sorted(found.items()) if count}


def _by_word(connection: Connection, query: str) -> dict[str, int]:
    return {str(word): int(count) for word, count in sorted(connection.execute(text(query)).all())}


def whole_size(connection: Connection) -> int:
    """Bytes of the database."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    return int(pages) * int(connection.execute(text("PRAGMA page_size")).scalar_one())


def oldest_reading(connection: Connection) -> str | None:
    """The day (UTC) of the oldest reading; None where there is none."""
    if connection.dialect.name != "postgresql":
        return _day(connection.execute(text("SELECT stored_at FROM readings ORDER BY rowid LIMIT 1")).scalar())
    held = [partition for partition in partitions(connection) if _holds_any(connection, partition.name)]
    days = [str(partition.day) for partition in held if partition.day is not None]
    if any(partition.day is None for partition in held):
        days.append(_day(connection.execute(text(f"SELECT min(stored_at) FROM {DEFAULT}")).scalar()) or "")  # noqa: S608
    return min(filter(None, days), default=None)


def _holds_any(connection: Connection, name: str) -> bool:
    return bool(connection.execute(text(f"SELECT EXISTS (SELECT FROM {name})")).scalar_one())  # noqa: S608 - our own words


def _day(moment: float | None) -> str | None:
    return None if moment is None else str(datetime.fromtimestamp(moment, UTC).date())


def readings_before(connection: Connection, before: float) -> Size:
    if connection.dialect.name != "postgresql":
        return Size(_count_before(connection, "readings", "stored_at", before))
    days = [partition.name for partition in partitions(connection) if partition.is_before(before)]
    strays = Size(_count_before(connection, DEFAULT, "stored_at", before), 0)
    return sum((_size_on_server(connection, name) for name in days), strays)


def events_before(connection: Connection, before: float) -> Size:
    return Size(_count_before(connection, "events", "at", before))


def _count_before(connection: Connection, name: str, at: str, before: float) -> int:
    query = f"SELECT count(*) FROM {name} WHERE {at} < :before"  # noqa: S608 - our own words
    return int(connection.execute(text(query), {"before": before}).scalar_one())
