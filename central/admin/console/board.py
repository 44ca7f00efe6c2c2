"""The whole screen, put together from its parts as the layout says."""

from central.admin.console import figures, foot, lists, pages, points
from central.admin.console.canvas import Line, Picture, beside, filled
from central.admin.desk import Desk
from central.admin.layout import FOOT_LINES, HEAD_LINES, Layout
from common.clock import Moment

_LEAST_LINES = HEAD_LINES + FOOT_LINES


def board(desk: Desk, now: Moment) -> Picture:
    layout = desk.wanted.layout
    head = figures.top(desk, now, layout.columns)
    below = foot.foot(desk, now, layout.columns)
    if layout.lines < _LEAST_LINES:
        # The command line above all, then what was said.
        lines = [below[1], below[0], *head][: layout.lines]
        return Picture(list(reversed(lines)))
    return Picture([*head, *_body(desk, layout, now), *below])


def _body(desk: Desk, layout: Layout, now: Moment) -> list[Line]:
    if desk.overlay is not None:
        return pages.page(desk.overlay, layout.columns, layout.body)
    wanted, central_now = desk.wanted, desk.known.central_now(now)
    if layout.sessions.height:
        return lists.sessions(wanted, central_now)
    if layout.drivers.height:
        return lists.drivers(wanted, central_now)
    if not layout.points.height:
        return _alone(desk, layout)
    shown = points.points(wanted, central_now)
    if layout.running.height:
        side = [*figures.figures(desk, layout.figures), *lists.running(wanted)]
        under = beside(lists.errors(wanted), lists.events(wanted))
        return [*beside(shown, side), *under]
    return [*shown, *(lists.events(wanted) if layout.events.height else [])]


def _alone(desk: Desk, layout: Layout) -> list[Line]:
    if layout.events.height:
        return lists.events(desk.wanted)
    if layout.errors.height:
        return lists.errors(desk.wanted)
    if layout.figures.height:
        return figures.figures(desk, layout.figures)
    return filled([], layout.columns, layout.body)
