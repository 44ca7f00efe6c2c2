"""What drivers ask, as part of a unit of work: who they are, what they were answered, and stops on their way."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import bindparam, delete, select

from central.domain.sessions import Stop
from central.store import tables
from central.store.part import Part, columns
from central.store.statements import Query, Statement, among, insert_new, insertion, itself
from common.messages import Message

_A, _S = tables.answers.c, tables.stops.c
_SAW = Statement(
    lambda database: insertion(database, tables.drivers).on_conflict_do_update(
        index_elements=["driver_id"], set_={"last_seen_at": bindparam("last_seen_at")}
    )
)
_ANSWER = Query(
    select(_A.body).where(_A.sender == bindparam("sender"), _A.message_id == bindparam("message_id")), itself
)
_KEEP = insert_new(tables.answers)
_FORGET = Statement(delete(tables.answers).where(_A.at < bindparam("before")))
_ADD_STOP = insert_new(tables.stops)
_STOPS = Query(
    lambda database: (
        select(*columns(tables.stops, Stop)).where(among(database, _S.cp_id, "cp_ids")).order_by(_S.message_id)
    ),
    Stop,
)
_END_STOP = Statement(
    delete(tables.stops).where(_S.driver_id == bindparam("driver_id"), _S.message_id == bindparam("message_id"))
)


class RequestsPart(Part):
    def saw_driver(self, driver_id: str, at: float) -> None:
        _SAW.do(self._connection, driver_id=driver_id, first_seen_at=at, last_seen_at=at)

    def answer(self, sender: str, message_id: str) -> str | None:
        """The JSON of the answer that this sender's request got before."""
        return _ANSWER.one(self._connection, sender=sender, message_id=message_id)

    def keep_answer(self, sender: str, answer: Message, at: float) -> None:
        body = answer.model_dump_json(exclude_none=True)
        _KEEP.one(self._connection, sender=sender, message_id=answer.message_id, body=body, at=at)

    def forget_answers(self, before: float) -> None:
        _FORGET.do(self._connection, before=before)

    def add_stop(self, stop: Stop) -> bool:
        """False when it is on its way already."""
        return _ADD_STOP.one(self._connection, **asdict(stop)) is not None

    def stops_at(self, cp_ids: Collection[str]) -> list[Stop]:
        """What drivers want stopped at any of these points."""
        return _STOPS.all(self._connection, cp_ids=cp_ids) if cp_ids else []

    def end_stop(self, driver_id: str, message_id: str) -> None:
        _END_STOP.do(self._connection, driver_id=driver_id, message_id=message_id)
