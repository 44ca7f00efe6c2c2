"""What Central's handlers work with, and where a message came from."""

from collections import deque
from dataclasses import dataclass, field

from central.answers import Answers
from central.commands import Commands
from central.complaints import Complaints
from central.credentials import Credentials
from central.links import Links
from central.pace import Pace
from central.peers import Peers
from central.proofs import Proofs
from central.settings import CentralSettings
from central.store.worker import Store
from common.clock import Clock
from common.ids import Ids
from common.kafka.bus import Publisher, Subscriber
from common.metrics.measures import Measures
from common.net.link import Link
from common.routes import Role

_LATENCIES = 1000
#: A request that waited in Kafka for longer than this is no longer wanted.
EXPIRES_AFTER_S = 300.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message came from. Without a link it came over Kafka, under a key."""

    role: Role | None
    link: Link | None = None
    key: str | None = None


@dataclass(slots=True, kw_only=True)
class Context:
    """Made once by the composition root; handlers take what they need from it."""

    settings: CentralSettings
    instance: str
    clock: Clock
    ids: Ids
    store: Store
    peers: Peers
    links: Links
    commands: Commands
    answers: Answers
    credentials: Credentials
    proofs: Proofs
    publisher: Publisher
    measures: Measures
    started_at: float
    pace: Pace
    complaints: Complaints = field(default_factory=Complaints)
    #: What is read from Kafka, once its topics are there.
    readers: list[Subscriber] = field(default_factory=list)
    #: Seconds from a charge request to its answer, the newest ones.
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES))

    def wall(self) -> float:
        return self.clock.now().wall

    def is_expired(self, timestamp: float | None, source: Source) -> bool:
        # A socket delivers at once or not at all, so only what came over Kafka can be old.
        return source.link is None and timestamp is not None and self.wall() - timestamp > EXPIRES_AFTER_S
