"""
What all clients of one broker share: whether it answers (said once, not by each), and which topics it has.

A broker that comes back with an empty disk, or a topic made anew under its old name, looks to librdkafka like the one
it knew: it keeps positions and leader epochs that mean nothing any more. Only the topic's id tells. When ids change,
`generation` does, and every client of the bus makes itself anew.
"""

import logging
import math
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NoReturn

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from common.clock import SystemClock
from common.errors import TransportLost
from common.routes import Topic

log = logging.getLogger("ev.kafka")
#: librdkafka's own words: only for who debugs Kafka; what a user must know is said by us.
librdkafka_log = logging.getLogger("ev.kafka.librdkafka")

LOOKUP_S = 5.0
_LOOK_S = 2.0
#: Codes that say why one cannot connect.
_CONNECTING = (
    KafkaError._TRANSPORT,  # noqa: SLF001 - see above
    KafkaError._RESOLVE,  # noqa: SLF001 - see above
    KafkaError._SSL,  # noqa: SLF001 - see above
    KafkaError._AUTHENTICATION,  # noqa: SLF001 - see above
)
#: Trouble that is told so soon after an outage was over belongs to it.
_OLD_NEWS_S = 5.0
#: How librdkafka says that a connection which had worked was closed.
_CLOSED = "Disconnected"
#: Which connection it was, and how long it took: for who debugs.
_NOISE = re.compile(r"^(?:\S+: )+| \(after .*\)$")
#: Codes that say no more than that nobody answers.
_PLAIN = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT)  # noqa: SLF001 - librdkafka's public names have the underscore


class Cluster:
    """Safe to be used from every thread."""

    def __init__(self, servers: str, prefix: str, config: Mapping[str, Any]) -> None:
        self.servers = servers
        self.prefix = prefix
        #: Changes when topics were made anew behind our back.
        self.generation = 0
        #: Those that stayed what they were when it last changed.
        self._stayed: frozenset[str] = frozenset()
        self.is_up = True
        self._config = dict(config)
        self._admin: AdminClient | None = None
        self._ids: dict[str, str] = {}
        #: How many partitions each topic has, as it was last looked at.
        self.partitions: Mapping[str, int] = {}
        self._why = ""
        self._clock = SystemClock()
        self._answered_at = -math.inf
        self._complaint = ""
        self._lock = threading.RLock()

    def name(self, topic: Topic) -> str:
        return f"{self.prefix}{topic}"

    def topic(self, name: str) -> Topic:
        return Topic(name.removeprefix(self.prefix))

    # -- whether it answers

    def hear(self) -> Callable[[KafkaError], None]:
        """
        What one client of librdkafka tells its troubles to. It goes on by itself; we note why, and whether anybody is left.

        The last connection's end alone means nothing: brokers close those that nobody used for ten minutes. That the next
        attempt fails means that nobody answers.
        """
        is_cut = False

        def on_error(wrong: KafkaError) -> None:
            nonlocal is_cut
            librdkafka_log.debug("%s", wrong.str())
            if wrong.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - see above
                if self._why and self._is_news():
                    self.note_down()
                is_cut = True
            elif wrong.code() in _CONNECTING and _CLOSED not in wrong.str():
                self._why = _NOISE.sub("", wrong.str()).rstrip(".")
                if is_cut and self._is_news():
                    self.note_down()

        return on_error

    def _is_news(self) -> bool:
        """A client tells its troubles when it is next looked after, perhaps when another has found the broker again."""
        return self._clock.now().mono - self._answered_at > _OLD_NEWS_S

    def note_down(self) -> None:
        with self._lock:
            if self.is_up:
                self.is_up = False
                why = f" ({self._why})" if self._why else ""
                log.warning("Kafka at %s does not answer%s; trying on.", self.servers, why)

    def note_up(self) -> None:
        if self.is_up and not self._why:  # the common case costs no lock
            return
        with self._lock:
            self._why = ""
            if not self.is_up:
                self.is_up = True
                self._answered_at = self._clock.now().mono
                log.info("Kafka at %s answers again.", self.servers)

    # -- which topics it has

    def create_missing(self, topics: Iterable[Topic], partitions: int, replication: int) -> None:
        """Make the topics that are not there; raises TransportLost."""
        missing = [name for name, topic_id in self.look(topics).items() if topic_id is None]
        if not missing:
            return
        wanted = [NewTopic(name, partitions, replication) for name in missing]
        made = self._ask().create_topics(wanted, operation_timeout=LOOKUP_S, request_timeout=LOOKUP_S)
        for name, done in made.items():
            try:
                done.result()
            except KafkaException as wrong:
                if wrong.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    self._complain(f"Kafka at {self.servers} does not make the topic {name}: {_words(wrong)}.")
        log.info("Made %d topics on Kafka at %s.", len(missing), self.servers)
        self.look(topics)

    def _complain(self, sentence: str) -> NoReturn:
        if sentence != self._complaint:
            self._complaint = sentence
            log.warning("%s Trying on.", sentence)
        raise TransportLost(sentence) from None

    def look(self, topics: Iterable[Topic]) -> dict[str, str | None]:
        """The ids of topics by their names, None for one that is missing; raises TransportLost when nobody answers."""
        names = [self.name(topic) for topic in topics]
        answers = self._ask().describe_topics(TopicCollection(names), request_timeout=_LOOK_S)
        found: dict[str, str | None] = {}
        counts: dict[str, int] = {}
        for name, answer in answers.items():
            try:
                found[name] = str(answer.result().topic_id)
                counts[name] = len(answer.result().partitions)
            except KafkaException as wrong:
                if wrong.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    if wrong.args[0].code() not in _PLAIN:
                        self._why = _words(wrong)
                    self.note_down()
                    raise TransportLost(f"Kafka at {self.servers} does not answer: {_words(wrong)}.") from None
                found[name] = None
        self.note_up()
        self._compare(found)
        self.partitions = {**self.partitions, **counts}
        return found

    def _compare(self, found: Mapping[str, str | None]) -> None:
        with self._lock:
            present = {name: topic_id for name, topic_id in found.items() if topic_id is not None}
            if any(self._ids.get(name, topic_id) != topic_id for name, topic_id in present.items()):
                self.generation += 1
                self._stayed = frozenset(name for name, topic_id in present.items() if self._ids.get(name) == topic_id)
                log.warning("Topics on Kafka at %s are new; reading them from their start.", self.servers)
                self._ids.clear()  # one loss of all of them is told once, though they come back one by one
            self._ids |= present

    def stayed_since(self, generation: int) -> Collection[str]:
        """Topics that are surely not new since then, as when an operator empties another by making it anew."""
        with self._lock:
            return self._stayed if self.generation == generation + 1 else ()

    def _ask(self) -> AdminClient:
        with self._lock:
            if self._admin is None:
                config: dict[str, Any] = {**self._config, "error_cb": self.hear()}
                self._admin = AdminClient(config, logger=librdkafka_log)
            return self._admin


def _words(wrong: KafkaException) -> str:
    return str(wrong.args[0].str()).rstrip(".")
