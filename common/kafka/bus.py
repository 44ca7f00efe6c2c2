"""What the programs need of a broker, in a few words. `client.py` and `memory.py` both are this. No I/O."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from common import tracing
from common.auth import SIGNATURE, record_signature
from common.codec import encode
from common.messages import Message
from common.routes import Topic

Headers = Mapping[str, str]
NO_HEADERS: Headers = {}


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read from a partition; `offset` is its own, the next one starts after it."""

    topic: Topic
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be written."""

    topic: Topic
    key: str
    value: bytes
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a reader stands, as it knew a moment ago; looking costs nothing."""

    #: The partitions it reads.
    assigned: Mapping[Topic, tuple[int, ...]] = field(default_factory=dict)
    #: Records that wait to be taken: the end of each partition less what was committed, or passed over, before.
    lag: Mapping[Topic, int] = field(default_factory=dict)
    #: How often its partitions were dealt anew, and when last (Unix time).
    rebalances: int = 0
    rebalanced_at: float | None = None


def outgoing(topic: Topic, key: str, message: Message) -> Outgoing:
    """A message as a record, with the headers of section 5."""
    return Outgoing(topic, key, encode(message), headers(message, tracing.traceparent()))


def signed(record: Outgoing, secret: str | None) -> Outgoing:
    """The record with its sender's signature; as it is where the sender has no secret."""
    if secret is None:
        return record
    told = {**record.headers, SIGNATURE: record_signature(secret, record.value)}
    return Outgoing(record.topic, record.key, record.value, told)


def headers(message: Message, traceparent: str | None) -> Headers:
    found = {"type": message.type, "message_id": message.message_id}
    return found if traceparent is None else {**found, "traceparent": traceparent}


#: Hears whether one record is safely with the broker. Called in the event loop.
OnDelivery = Callable[[bool], None]


class Publisher(Protocol):
    """Writes records. Never blocks; keeps order a key."""

    @property
    def is_up(self) -> bool:
        """Whether the broker took what it was last given."""
        ...

    @property
    def queued(self) -> int:
        """Records taken and not yet with the broker."""
        ...

    def publish(self, record: Outgoing, on_delivery: OnDelivery | None = None) -> None:
        """Queue one record; raises TransportLost when the local queue is full."""
        ...

    async def close(self) -> None:
        """Wait a little for what is queued, then stop."""
        ...


class Subscriber(Protocol):
    """Reads records in batches, in order a partition, at least once."""

    async def started(self) -> None:
        """Returns once records written from now on will be seen."""
        ...

    def batches(self) -> AsyncIterator[Sequence[Record]]: ...

    def commit(self, records: Sequence[Record]) -> None:
        """What these records caused is stored; never hand them out again."""
        ...

    def standing(self) -> Standing: ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """Makes publishers and subscribers of one broker."""

    @property
    def is_up(self) -> bool:
        """Whether the broker answered when it was last needed."""
        ...

    def publisher(self) -> Publisher: ...

    def group(self, topics: Sequence[Topic], group: str) -> Subscriber:
        """Members of a group share the partitions, and a new group starts with the oldest record."""
        ...

    def alone(self, topics: Sequence[Topic], group: str) -> Subscriber:
        """All partitions, from where this group stands; for who knows that nobody else is in it."""
        ...

    def everything(self, topic: Topic) -> Subscriber:
        """All partitions, from now on, whoever else reads them."""
        ...

    def one_key(self, topic: Topic, key: str) -> Subscriber:
        """The one partition that this key hashes to, from now on."""
        ...

    async def create_topics(self, partitions: int, replication: int) -> None:
        """
        Create what is missing; an existing topic is left as it is. Raises TransportLost.

        To be called now and then: a broker that came back without its topics is noticed here, and readers and writers
        of this bus then begin anew.
        """
        ...
