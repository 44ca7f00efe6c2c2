"""Monitor's panel: its links, the session, the faults. What a key does stands in keys.py, the frame around it in ../console/."""

import asyncio
import math
from dataclasses import dataclass
from typing import Protocol

from rich.cells import cell_len
from rich.text import Text

from charging_point.console.charge import Running, account, limit
from charging_point.console.frames import FRAME, INSET, box, field, fit
from charging_point.console.panel import show as show_panel
from charging_point.dialogue import Dialogue
from charging_point.monitor import enrolment, health, keys
from charging_point.monitor.condition import Source
from charging_point.monitor.past_faults import PastFault
from charging_point.monitor.runtime import Runtime
from charging_point.monitor.watch import Watch
from common.clock import Clock, Moment, SystemClock
from common.net.address import Address
from common.ui.shapes import ago, clock, printable, span, status
from common.words import monitor as words
from common.words import panels as shared
from common.words.system import why

_LINK_ROWS = 4
_SESSION_ROWS = 3
_FEWEST_FAULTS, _MOST_FAULTS = 3, 16
_TYPE_WIDTH = 24


def _finder(source: Source) -> str:
    """Who found a fault."""
    return {Source.ENGINE_LINK: shared.MONITOR, Source.ENGINE: shared.ENGINE}.get(source, words.BY_OPERATOR())


async def show(watch: Watch, runtime: Runtime, stop: asyncio.Event) -> None:
    """The panel of a Monitor, until told to stop."""
    picture = MonitorPicture(watch, engine=runtime.engine, central=runtime.central, clock=SystemClock())
    dialogue = Dialogue(keys.orders(watch), obey=runtime.obey, leave=stop.set)
    await show_panel(picture, dialogue, runtime, stop)


class Way(Protocol):
    """What the panel asks of a dialer."""

    @property
    def address(self) -> Address: ...
    @property
    def link(self) -> object: ...
    @property
    def heard_at(self) -> float | None: ...
    @property
    def lost_at(self) -> float | None: ...
    @property
    def next_try_at(self) -> float | None: ...
    @property
    def waiting_s(self) -> float | None: ...
    @property
    def why_not(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Peer:
    """One end of the two, as it stands now."""

    name: str
    way: Way
    state: Text
    #: How it is kept alive, while it is linked; why it was left, when it was.
    pulse: str
    why_left: str | None

    @property
    def is_away(self) -> bool:
        return self.way.link is None


class MonitorPicture:
    title = "ev-monitor"

    def __init__(self, watch: Watch, *, engine: Way, central: Way, clock: Clock) -> None:
        self._watch = watch
        self._engine = engine
        self._central = central
        self._clock = clock

    # -- the parts of the panel

    def head(self) -> Text:
        standing = self._watch.standing
        head = Text.assemble((shared.MONITOR, "title"), "  ", (self._watch.cp_id, "id"), "  ", status(standing.status))
        if standing.condition.detail:
            head.append(f"  {printable(standing.condition.detail)}", "bad" if standing.condition.facts.faults else "")
        return head

    def boxes(self, width: int, height: int) -> list[Text]:
        inner = width - INSET
        now = self._clock.now()
        spare = height - _LINK_ROWS - _SESSION_ROWS - _FEWEST_FAULTS - 3 * FRAME
        rows = max(1, min(_MOST_FAULTS, _FEWEST_FAULTS + spare // 3))
        session_id = self._watch.standing.session_id
        title = Text(shared.SESSION(), style="title")
        if session_id is not None:
            title = Text.assemble(title, "  ", (printable(session_id), "id"))
        return [
            *box(words.LINKS(), self._links(now), width, _LINK_ROWS + FRAME),
            *box(title, self._session(inner), width, _SESSION_ROWS + FRAME),
            *box(words.FAULTS(), self._faults(inner)[:rows], width, rows + FRAME),
        ]

    def brief(self, width: int) -> list[Text]:
        return [*self._links(self._clock.now()), *self._session(width), *self._faults(width)]

    # -- the links

    def _links(self, now: Moment) -> list[Text]:
        peers = [self._to_central(now), self._to_engine(now)]
        name_width = max(cell_len(peer.name) for peer in peers)
        address_width = max(cell_len(str(peer.way.address)) for peer in peers)
        state_width = max(peer.state.cell_len for peer in peers)
        lines = []
        for peer in peers:
            way, heard_at = peer.way, peer.way.heard_at
            heard = shared.NEVER_HEARD() if heard_at is None else shared.HEARD(ago=ago(now.mono - heard_at))
            place = fit(Text(str(way.address)), address_width)
            said = [_lost(way, now), heard] if peer.is_away else [heard]
            state = Text.assemble(place, "  ", fit(peer.state, state_width), "  ", ("  ".join(said), "quiet"))
            lines += [field(peer.name, state, name_width), field("", _more(peer, now), name_width)]
        return lines

    def _to_central(self, now: Moment) -> _Peer:
        joining = self._watch.enrolment
        by_stage = {
            enrolment.Stage.PROVING: Text(words.ASKS_IN(), style="warning"),
            enrolment.Stage.REGISTERING: Text(words.ASKS_IN(), style="warning"),
            enrolment.Stage.REGISTERED: Text(words.REGISTERED(), style="good"),
        }
        state = by_stage.get(joining.stage) or self._away(self._central)
        pulse = words.HEARTBEAT(
            every=f"{joining.interval_s:g}", ago=ago(now.mono - joining.heard_at), silence=span(joining.silence_s)
        )
        return _Peer(words.CENTRAL(), self._central, state, pulse if joining.registered else "", joining.why_left)

    def _to_engine(self, now: Moment) -> _Peer:
        engine = self._watch.engine
        by_stage = {
            health.Stage.GREETING: Text(words.GREETS(), style="warning"),
            health.Stage.LINKED: Text(words.LINKED(), style="good"),
        }
        state = by_stage.get(engine.stage) or self._away(self._engine)
        pulse = words.HEALTH(
            every=f"{engine.interval_s:g}", ago=ago(now.mono - engine.heard_at), silence=span(engine.silence_s)
        )
        return _Peer(shared.ENGINE, self._engine, state, pulse if engine.linked else "", engine.why_left)

    def _away(self, way: Way) -> Text:
        if way is self._central and self._watch.waits_for_engine:
            return Text(words.WAITS_FOR_ENGINE(), style="warning")
        return Text((words.AWAY if way.next_try_at else words.CONNECTS)(), style="bad")

    # -- the session and the faults

    def _session(self, width: int) -> list[Text]:
        watch, standing = self._watch, self._watch.standing
        if not standing.charging:
            last = watch.account
            told = [] if last is None else [account(last, owed=watch.owes(last.session_id))]
            return [Text(shared.NO_SESSION()), *told]
        ordered, reading = watch.ordered(), watch.reading
        if reading is not None and reading.session_id != standing.session_id:
            reading = None
        running = Running(
            driver_id=ordered.driver_id if ordered else None,
            since=standing.session_since,
            price_per_kwh=ordered.price_per_kwh if ordered else watch.price_per_kwh,
            energy_kwh=reading.energy_consumed_kwh if reading else None,
            total_cost=reading.total_cost if reading else None,
            power_kw=reading.charging_rate if reading else None,
        )
        wide = max(cell_len(label()) for label in (shared.DRIVER, shared.ENERGY, shared.LIMIT))
        lines = running.lines(wide, width)
        if ordered is None or reading is None:
            return lines
        return [*lines, limit(reading.energy_consumed_kwh, ordered.energy_limit_kwh, wide, width)]

    def _faults(self, width: int) -> list[Text]:
        past = self._watch.standing.past_faults.newest_first()
        if not past:
            return [Text(words.NO_FAULTS(), style="quiet")]
        by_width = max(cell_len(_finder(source)) for source in Source)
        state_width = max(_state(fault).cell_len for fault in past)
        return [_told(fault, by_width, state_width, width) for fault in past]


def _more(peer: _Peer, now: Moment) -> Text:
    """The second line of a link: how it is kept alive, or how it is won back."""
    way = peer.way
    if peer.pulse:
        return Text(peer.pulse, style="quiet")
    line = Text()
    if way.next_try_at is not None and way.waiting_s is not None:
        left = span(math.ceil(way.next_try_at - now.mono))
        line.append(f"{words.NEXT_TRY(left=left, wait=f'{way.waiting_s:.1f}')}  ", "quiet")
    return line.append(printable(why(way.why_not) if way.why_not else peer.why_left or ""), "warning")


def _lost(way: Way, now: Moment) -> str:
    return words.NEVER_LINKED() if way.lost_at is None else words.LOST(ago=ago(now.mono - way.lost_at))


def _told(past: PastFault, by_width: int, state_width: int, width: int) -> Text:
    what = Text(printable(past.fault.fault_type), style="" if past.ended else "bad")
    line = Text.assemble(
        (clock(past.began), "quiet"), "  ",
        fit(what, min(_TYPE_WIDTH, max(8, width // 3))), "  ",
        fit(_state(past), state_width), "  ",
        fit(Text(_finder(past.source), style="quiet"), by_width), "  ",
        printable(past.fault.description or ""),
    )  # fmt: skip
    return fit(line, width)


def _state(past: PastFault) -> Text:
    if past.ended is None:
        return Text(words.STILL(), style="bad")
    return Text(words.RECOVERED(at=clock(past.ended)), style="quiet")
