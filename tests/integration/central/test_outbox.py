"""The outbox at its bound: what memory does not hold waits in the database, and nothing overtakes it."""

from central.outbox import MOST_WAITING
from central.store.unit_of_work import UnitOfWork
from common.messages import HeartbeatResponse
from common.routes import Topic
from tests.integration.central.conftest import START, Network
from tests.waiting import until

#: As many as memory holds, and two looks into the database more.
MANY = MOST_WAITING + 900


async def test_nothing_new_overtakes_what_waits_in_the_database(network: Network) -> None:
    async def send(first: int, last: int) -> None:
        def work(unit: UnitOfWork) -> None:
            for number in range(first, last):
                message = HeartbeatResponse(message_id=f"n{number:05}", status="success")
                unit.send(Topic.DRIVER_RESPONSES, "D1", message, START)

        await network.central.context.store.write(work)

    def told() -> list[str]:
        return [message.message_id for message in network.told("D1", HeartbeatResponse)]

    network.broker.is_up = False
    await send(0, MANY)
    network.broker.is_up = True
    count = MANY
    while len(told()) < MANY:
        await send(count, count + 1)
        count += 1
    await until(lambda: len(told()) >= count, 20)
    assert told() == [f"n{number:05}" for number in range(count)]
