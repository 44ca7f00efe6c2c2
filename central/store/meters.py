"""What readings change of many sessions, stored together and as fast as the database takes it. The series is in readings.py."""

from collections.abc import Collection

from sqlalchemy import Connection, text

from central.domain.sessions import Session

_ONE = "UPDATE sessions SET energy_wh = ?, rate_kw = ?, total_cost = ?, metered_at = ? WHERE session_id = ?"
#: One statement for all of them. They are locked already, so the order in which they are found does not matter.
_MANY = text(
    "UPDATE sessions SET energy_wh = m.energy_wh, rate_kw = m.rate_kw, total_cost = m.total_cost, metered_at = m.metered_at "
    "FROM unnest(CAST(:energy AS int8[]), CAST(:rate AS float8[]), CAST(:cost AS int8[]), CAST(:at AS float8[]), "
    "CAST(:id AS varchar[])) AS m (energy_wh, rate_kw, total_cost, metered_at, session_id) "
    "WHERE sessions.session_id = m.session_id"
)
_NAMES = ("energy", "rate", "cost", "at", "id")
#: Money is kept in whole hundredths, as tables.py says.
_HUNDREDTHS = 2


def save(connection: Connection, sessions: Collection[Session]) -> None:
    """The figures alone; the sessions were locked by this transaction when it read them."""
    rows = [
        (s.energy_wh, s.rate_kw, int(s.total_cost.scaleb(_HUNDREDTHS)), s.metered_at, s.session_id) for s in sessions
    ]
    if connection.dialect.name == "postgresql":
        connection.execute(_MANY, dict(zip(_NAMES, map(list, zip(*rows, strict=True)), strict=True)))
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.executemany(_ONE, rows)
