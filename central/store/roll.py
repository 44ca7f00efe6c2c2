"""The roll of the Centrals that share a database: who is there, who still beats, and what the dead left behind."""

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from central.domain.roster import Beat
from central.store import tables

_C, _POINTS, _OUTBOX = tables.centrals.c, tables.points.c, tables.outbox.c


class Roll:
    """Part of a unit of work."""

    def __init__(self, connection: Connection, instance: str) -> None:
        self._connection = connection
        self._instance = instance

    def join(self, now: float) -> int:
        """Enter this Central, in place of an earlier process of its name; the number of its incarnation."""
        own = select(_C.incarnation).where(_C.name == self._instance).with_for_update()
        earlier = self._connection.execute(own).scalar_one_or_none() or 0
        # Also across an orderly end, which takes the row away: time only ever makes the number larger.
        incarnation = max(earlier + 1, int(now))
        self._connection.execute(delete(tables.centrals).where(_C.name == self._instance))
        self._connection.execute(
            insert(tables.centrals).values(
                name=self._instance, incarnation=incarnation, beats=0, taken=0, started_at=now
            )
        )
        return incarnation

    def beat(self, incarnation: int) -> int | None:
        """Show that we live. How often a point was taken from us so far, or None when we were struck off."""
        query = (
            update(tables.centrals)
            .where(_C.name == self._instance, _C.incarnation == incarnation)
            .values(beats=_C.beats + 1)
            .returning(_C.taken)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def everyone(self) -> list[Beat]:
        query = select(_C.name, _C.incarnation, _C.beats).order_by(_C.name)
        return [Beat(*row) for row in self._connection.execute(query)]

    def leave(self, incarnation: int) -> None:
        self._connection.execute(
            delete(tables.centrals).where(_C.name == self._instance, _C.incarnation == incarnation)
        )

    def strike(self, beat: Beat) -> bool:
        """Take a dead Central off the roll, unless it has given a beat meanwhile."""
        query = (
            delete(tables.centrals)
            .where(_C.name == beat.name, _C.incarnation == beat.incarnation, _C.beats == beat.count)
            .returning(_C.name)
        )
        return self._connection.execute(query).first() is not None

    def strike_others(self) -> None:
        """Where only one Central can use the database, whoever else is on the roll is gone."""
        self._connection.execute(delete(tables.centrals).where(_C.name != self._instance))

    def is_there(self, name: str) -> bool:
        return self._connection.execute(select(_C.name).where(_C.name == name)).first() is not None

    def note_taken(self, name: str) -> None:
        """Tell another Central, by its next beat, that a point of its has moved to us."""
        self._connection.execute(update(tables.centrals).where(_C.name == name).values(taken=_C.taken + 1))

    def generations(self) -> dict[str, int]:
        """The points that this Central holds, each with the number of its registration."""
        query = select(_POINTS.cp_id, _POINTS.generation).where(_POINTS.holder == self._instance)
        return {row.cp_id: row.generation for row in self._connection.execute(query)}

    def left_points(self, most: int) -> list[str]:
        """Points whose Central is not on the roll, and that nobody else is just busy with."""
        query = (
            select(_POINTS.cp_id)
            .where(_POINTS.holder.is_not(None), _is_gone(_POINTS.holder))
            .order_by(_POINTS.cp_id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        return list(self._connection.execute(query).scalars())

    def adopt_outbox(self, most: int) -> int:
        """Make what Centrals that are gone have still to send our own; how much it was."""
        left = (
            select(_OUTBOX.id)
            .where(_is_gone(_OUTBOX.instance))
            .order_by(_OUTBOX.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        ids = list(self._connection.execute(left).scalars())
        if ids:
            self._connection.execute(update(tables.outbox).where(_OUTBOX.id.in_(ids)).values(instance=self._instance))
        return len(ids)


def _is_gone(holder: ColumnElement[str] | ColumnElement[str | None]) -> ColumnElement[bool]:
    return ~select(_C.name).where(_C.name == holder).exists()
