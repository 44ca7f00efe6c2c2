"""The roll of the Centrals that share a database: who is there, who still beats, and what the dead left behind."""

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from central.domain.roster import Beat
from central.store import tables
from central.store.statements import Query, Statement, among, itself, parameters

_C, _POINTS, _OUTBOX = tables.centrals.c, tables.points.c, tables.outbox.c


def _is_gone(holder: ColumnElement[str] | ColumnElement[str | None]) -> ColumnElement[bool]:
    return ~select(_C.name).where(_C.name == holder).exists()


_NAMED = _C.name == bindparam("who")
_LIFE = _C.incarnation == bindparam("life")
_INCARNATION = Query(select(_C.incarnation).where(_NAMED).with_for_update(), itself)
_TAKE_OFF = Statement(delete(tables.centrals).where(_NAMED))
_ENTER = Statement(insert(tables.centrals).values(parameters(tables.centrals)))
_BEAT = Query(update(tables.centrals).where(_NAMED, _LIFE).values(beats=_C.beats + 1).returning(_C.taken), itself)
_EVERYONE = Query(select(_C.name, _C.incarnation, _C.beats).order_by(_C.name), Beat)
_LEAVE = Statement(delete(tables.centrals).where(_NAMED, _LIFE))
_STRIKE = Query(delete(tables.centrals).where(_NAMED, _LIFE, _C.beats == bindparam("count")).returning(_C.name), itself)
_STRIKE_OTHERS = Statement(delete(tables.centrals).where(_C.name != bindparam("who")))
_IS_THERE = Query(select(_C.name).where(_NAMED), itself)
_NOTE_TAKEN = Statement(update(tables.centrals).where(_NAMED).values(taken=_C.taken + 1))
_GENERATIONS = Query(
    select(_POINTS.cp_id, _POINTS.generation).where(_POINTS.holder == bindparam("who")),
    lambda cp_id, generation: (cp_id, generation),
)
_LEFT_POINTS = Query(
    select(_POINTS.cp_id)
    .where(_POINTS.holder.is_not(None), _is_gone(_POINTS.holder))
    .order_by(_POINTS.cp_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True),
    itself,
)
_LEFT_OUTBOX = Query(
    select(_OUTBOX.id)
    .where(_is_gone(_OUTBOX.instance))
    .order_by(_OUTBOX.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True),
    itself,
)
_ADOPT = Statement(
    lambda database: update(tables.outbox).where(among(database, _OUTBOX.id, "ids")).values(instance=bindparam("who"))
)


class Roll:
    """Part of a unit of work."""

    def __init__(self, connection: Connection, instance: str) -> None:
        self._connection = connection
        self._instance = instance

    def join(self, now: float) -> int:
        """Enter this Central, in place of an earlier process of its name; the number of its incarnation."""
        earlier = _INCARNATION.one(self._connection, who=self._instance) or 0
        # Also across an orderly end, which takes the row away: time only ever makes the number larger.
        incarnation = max(earlier + 1, int(now))
        _TAKE_OFF.do(self._connection, who=self._instance)
        _ENTER.do(self._connection, name=self._instance, incarnation=incarnation, beats=0, taken=0, started_at=now)
        return incarnation

    def beat(self, incarnation: int) -> int | None:
        """Show that we live. How often a point was taken from us so far, or None when we were struck off."""
        return _BEAT.one(self._connection, who=self._instance, life=incarnation)

    def everyone(self) -> list[Beat]:
        return _EVERYONE.all(self._connection)

    def leave(self, incarnation: int) -> None:
        _LEAVE.do(self._connection, who=self._instance, life=incarnation)

    def strike(self, beat: Beat) -> bool:
        """Take a dead Central off the roll, unless it has given a beat meanwhile."""
        found = _STRIKE.one(self._connection, who=beat.name, life=beat.incarnation, count=beat.count)
        return found is not None

    def strike_others(self) -> None:
        """Where only one Central can use the database, whoever else is on the roll is gone."""
        _STRIKE_OTHERS.do(self._connection, who=self._instance)

    def is_there(self, name: str) -> bool:
        return _IS_THERE.one(self._connection, who=name) is not None

    def note_taken(self, name: str) -> None:
        """Tell another Central, by its next beat, that a point of its has moved to us."""
        _NOTE_TAKEN.do(self._connection, who=name)

    def generations(self) -> dict[str, int]:
        """The points that this Central holds, each with the number of its registration."""
        return dict(_GENERATIONS.all(self._connection, who=self._instance))

    def left_points(self, most: int) -> list[str]:
        """Points whose Central is not on the roll, and that nobody else is just busy with."""
        return _LEFT_POINTS.all(self._connection, most=most)

    def adopt_outbox(self, most: int) -> int:
        """Make what Centrals that are gone have still to send our own; how much it was."""
        ids = _LEFT_OUTBOX.all(self._connection, most=most)
        if ids:
            _ADOPT.do(self._connection, ids=ids, who=self._instance)
        return len(ids)
