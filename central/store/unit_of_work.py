"""
What one transaction may do, in the words of the domain. Everything of one unit is stored together or not at all.

Each subject has its part: points.py, sessions.py, requests.py, records.py, roll.py, credentials.py, readings.py.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from central.store import readings
from central.store.credentials import CredentialBook
from central.store.points import Registered
from central.store.readings import Reading
from central.store.records import MOST_LOADED, TAKEN_OVER, OutboxRow, RecordsPart
from central.store.requests import RequestsPart
from central.store.retention import Step
from central.store.roll import Roll
from central.store.sessions import SessionAt, SessionsPart

__all__ = ["MOST_LOADED", "TAKEN_OVER", "OutboxRow", "Registered", "SessionAt", "UnitOfWork"]


class UnitOfWork(SessionsPart, RequestsPart, RecordsPart):
    """
    One transaction. `instance` names the Central that will send what goes to the outbox.

    On PostgreSQL others write at the same time. Whoever needs a point and its session locks the point first, and many
    of a kind are locked in the order of their ids; where that fails the database gives one unit up and it runs again,
    so a unit is a function that changes nothing but the database.
    """

    def __init__(self, connection: Connection, instance: str, traceparent: str | None = None) -> None:
        RecordsPart.__init__(self, connection, instance, traceparent)
        self.roll = Roll(connection, instance)
        self.credentials = CredentialBook(connection)

    # -- readings

    def add_readings(self, batch: Sequence[Reading]) -> None:
        if batch:
            readings.append(self._connection, batch)

    def make_days(self, now: float) -> list[str]:
        """See that there is room for the readings of the days to come; gives what was made."""
        return readings.make_days(self._connection, now)

    def let_go(self, step: Step, before: float) -> bool:
        """One step of forgetting; says whether there may be more."""
        return step(self._connection, before)
