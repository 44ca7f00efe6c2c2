"""One driver process: feeds the trip with messages and time, sends and shows what comes of it, until the errand ends."""

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from common.clock import Clock, Moment
from common.command import FAILED, OK
from common.ids import Ids
from common.kafka.bus import Bus
from common.messages import Message
from common.metrics.measures import Measures
from common.net.backoff import Backoff
from common.net.tls import Tls
from common.process import Tasks
from common.tracing import Kind, Spans
from common.words import errands as words
from common.words import joined
from common.words.system import event
from driver.console.lines import Screen, say_listening
from driver.errands import Errand, Verdict
from driver.events import Failed, Hear, Output, Send, Shown, Unanswered
from driver.figures import Tally
from driver.handlers import Door, wire
from driver.post import KafkaLine, Post, SocketLine
from driver.settings import DriverSettings
from driver.trip import QUIET_ALONE_S, QUIET_WITH_KAFKA_S, Trip
from driver.vitals import DriverVitals
from driver.ways import Ways

log = logging.getLogger("ev.driver")

_SOCKET_WITHIN_S = 10.0
#: With Kafka to fall back on, nobody waits long for a host that does not answer.
_SOCKET_WITHIN_S_BESIDE_KAFKA = 3.0
_KAFKA_WITHIN_S = 10.0
#: With the socket open, the answer does not hang on Kafka: Central can be asked how the charge stands.
_KAFKA_WITHIN_S_BESIDE_SOCKET = 2.0


class Runtime:
    """Holds the adapters and the loop; every decision is the trip's or the errand's."""

    def __init__(
        self,
        settings: DriverSettings,
        trip: Trip,
        errand: Errand,
        screen: Screen,
        *,
        bus: Bus | None,
        secret: str | None,
        clock: Clock,
        ids: Ids,
        rng: Callable[[], float],
        measures: Measures,
        tls: Tls | None = None,
    ) -> None:
        self._settings = settings
        self._trip = trip
        self._errand = errand
        self._screen = screen
        self._bus = bus
        self._secret = secret
        self._clock = clock
        self._ids = ids
        self._rng = rng
        self._tls = tls
        self._door = Door(trip, self._admit, patient=errand.stays)
        self._dispatcher = wire(trip, self._door)
        self._changed = asyncio.Event()
        self._tasks = Tasks(self._changed)
        self._post = Post(self._make_socket(), self._make_kafka(), kafka_takes_requests=settings.transport != "socket")
        self._tally = Tally(measures)
        self._spans = Spans()
        self.vitals = DriverVitals(trip, self._post, self._tally, measures=measures, tasks=self._tasks)

    @property
    def ways(self) -> Ways:
        return self._post.ways(self._clock.now())

    def do(self, wish: Callable[[Moment], list[Output]]) -> None:
        """Something that the person at the screen wants now."""
        self._perform(wish(self._clock.now()))
        self._wake()

    async def run(self, stop: asyncio.Event) -> int:
        """To the exit status."""
        return self.conclude(await self.follow(stop))

    async def follow(self, stop: asyncio.Event) -> Verdict:
        """The errand to its end."""
        self._tasks.start("stop", self._heed(stop))
        if self._post.socket is not None:
            self._tasks.start("link", self._post.socket.run())
        try:
            return await self._serve(stop)
        finally:
            self._screen.close()
            await self._tasks.cancel()
            await self._post.close()

    def conclude(self, verdict: Verdict) -> int:
        """Say what is left to say; gives the exit status."""
        told = verdict.failure or verdict.parting
        if told:
            sys.stderr.write(f"ev-driver: {told}\n")
        return FAILED if verdict.failure or self._tasks.failed else OK

    async def _serve(self, stop: asyncio.Event) -> Verdict:
        ready = self._tasks.start("ready", self._make_ready())
        await self._until(lambda: ready.done() or stop.is_set() or self._errand.verdict is not None)
        if not ready.done():
            ready.cancel()
        elif ready.cancelled() or ready.exception() is not None:
            return Verdict(words.NOT_STARTED())
        elif (hindrance := ready.result()) is not None:
            return Verdict(hindrance)
        if not stop.is_set() and self._errand.verdict is None:
            self._begin()
        while self._errand.verdict is None and not stop.is_set() and not self._tasks.failed:
            await self._sleep()
            now = self._clock.now()
            if self._errand.begins_at_once:
                self._judge_quiet(now)
            self._perform(self._trip.tick(now))
            if self._errand.verdict is None:
                self._perform(self._errand.tick(now))
        return self._errand.verdict or self._errand.interrupted()

    def _judge_quiet(self, now: Moment) -> None:
        """Without Kafka there is no news to wait for; for who outlasts it, it comes and goes."""
        kafka = self._post.ways(now).kafka
        self._trip.quiet_s = QUIET_WITH_KAFKA_S if kafka is not None and kafka.is_open else QUIET_ALONE_S

    def _begin(self) -> None:
        self._door.be_patient()
        if self._errand.stays:
            say_listening(self._settings.driver_id, sys.stdout)
        self._perform(self._errand.begin(self._clock.now()))

    async def _make_ready(self) -> str | None:
        """Wait for the ways that the errand needs; gives the sentence to say when none of them opens."""
        try:
            if self._errand.begins_at_once:
                await self._await_first()
            elif self._errand.stays:
                await self._await_all()
            else:
                return await self._await_enough()
            return None
        finally:
            self._wake()

    async def _await_first(self) -> None:
        """For who shows what there is: a moment for the socket, so that not everything begins over Kafka."""
        if self._post.kafka is not None:
            self._post.kafka.open()
        if self._post.socket is not None:
            await _wait(self._post.socket.tried, _SOCKET_WITHIN_S_BESIDE_KAFKA)

    async def _await_all(self) -> None:
        """For who stays anyway: until everything is there, however long that takes."""
        if self._post.kafka is not None:
            self._post.kafka.open()
        if self._post.socket is not None:
            await self._post.socket.open.wait()
        if self._post.kafka is not None:
            await self._post.kafka.started.wait()

    async def _await_enough(self) -> str | None:
        """For who waits for an answer: a way for requests, and within bounds one for notifications."""
        post, notices = self._post, self._errand.needs_notices
        if post.kafka is not None and (notices or post.socket is None):
            post.kafka.open()
        if post.socket is not None:
            await _wait(
                post.socket.tried, _SOCKET_WITHIN_S_BESIDE_KAFKA if post.kafka_takes_requests else _SOCKET_WITHIN_S
            )
        if not post.socket_is_open and not post.kafka_takes_requests:
            why = event(self._door.why) or words.NO_ANSWER_AT(address=self._settings.central)
            return joined(why, words.START_CENTRAL)
        if post.kafka is None or (post.socket_is_open and not notices):
            return None
        post.kafka.open()
        patience_s = _KAFKA_WITHIN_S_BESIDE_SOCKET if post.socket_is_open else _KAFKA_WITHIN_S
        if await _wait(post.kafka.started, patience_s):
            return None
        kafka = self._settings.kafka
        if not post.socket_is_open:
            silent, why = words.KAFKA_SILENT(address=kafka), event(self._door.why) or words.ONLY_WAY()
            return words.CHECK_ADDRESSES(silent=silent, why=why)
        log.warning("Kafka at %s gives no answer; Central is asked how the charge stands instead.", kafka)
        self._trip.quiet_s = QUIET_ALONE_S
        return None

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds() and not self._tasks.failed:
            await self._changed.wait()
            self._changed.clear()

    async def _sleep(self) -> None:
        """Until something happened or a tick is due; with nothing due, for as long as it takes."""
        due = [at for at in (self._trip.next_at, self._errand.next_at) if at is not None]
        wait_s = max(0.0, min(due) - self._clock.now().mono) if due else None
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        self._changed.clear()

    def _take(self, message: Message) -> None:
        self._tally.heard(message)
        self._spans.answered(message)
        self._perform(self._dispatcher.dispatch(message, self._clock.now()))
        self._wake()

    def _admit(self) -> None:
        if self._post.socket is not None:
            self._post.socket.admit()

    def _opened(self, peer: str) -> None:
        self._door.note_open(peer)
        self._perform(self._trip.repeat())

    def _perform(self, outputs: Iterable[Output]) -> None:
        waiting = deque(outputs)
        while waiting:
            output = waiting.popleft()
            if isinstance(output, Send):
                self._tally.sent(output.request)
                self._spans.began(output.request, None, Kind.CLIENT)
                with self._spans.carrying(output.request):
                    self._post.send(output.request)
                continue
            if isinstance(output, Unanswered):
                output = replace(output, is_unsigned=self._secret is None and not self._post.socket_is_open)
                self._tally.given_up(output.request)
                self._spans.ended(output.request, "there was no answer")
            if isinstance(output, Failed):
                self._errand.failed(output.sentence)
            elif not isinstance(output, Hear):
                self._show(output)
            waiting.extend(self._errand.heard(output, self._clock.now()))
        self._screen.touch()

    def _show(self, event: Shown) -> None:
        try:
            self._screen.show(event)
        except BrokenPipeError:
            # Python flushes standard output once more at exit; let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._errand.failed(words.NOBODY_READS())

    def _make_socket(self) -> SocketLine | None:
        if self._settings.transport == "kafka":
            return None
        return SocketLine(
            self._settings.central,
            self._settings.driver_id,
            secret=self._secret,
            on_message=self._take,
            on_open=self._opened,
            clock=self._clock,
            ids=self._ids,
            backoff=Backoff(self._rng),
            limit=self._settings.max_frame_bytes,
            tls=self._tls,
        )

    def _make_kafka(self) -> KafkaLine | None:
        if self._bus is None:
            return None
        return KafkaLine(
            self._bus, self._settings.driver_id, secret=self._secret, on_message=self._take, tasks=self._tasks
        )


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
