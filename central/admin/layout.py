"""What stands where on a screen of this size, and so how many rows of each list are worth asking for. Pure."""

from dataclasses import dataclass

from central.admin.orders import View

#: Title and totals above; what was said, the command line and the keys below.
HEAD_LINES, FOOT_LINES = 2, 3
CARD_WIDTH, CARD_HEIGHT = 26, 6
#: The rule with its title, and the heads of the columns.
_RULE, _HEADS = 1, 1
_WIDE_COLUMNS, _WIDE_LINES = 150, 40
_BESIDE_COLUMNS, _FIGURES_LINES = 82, 14
_GAP, _LEAST_ERRORS_COLUMNS = 2, 78
_BELOW_LINES, _BELOW_SHARE = 7, 0.3
_STRIP_LINES, _STRIP_FROM = 3, 12
#: Below this an entry with an id of 36 characters takes two lines.
TWO_LINES_BELOW = 118
#: More rows of points than this no frame holds.
MOST_POINTS = 100
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Area:
    width: int = 0
    height: int = 0

    @property
    def rows(self) -> int:
        """Rows of a table with its rule and heads."""
        return max(0, self.height - _RULE - _HEADS)

    @property
    def entries(self) -> int:
        """Entries of a list that has no heads, of one or two lines each."""
        return max(0, self.height - _RULE) // self.lines_each

    @property
    def lines_each(self) -> int:
        return 2 if self.width < TWO_LINES_BELOW else 1


@dataclass(frozen=True, slots=True)
class Layout:
    """Areas with no height are not shown."""

    columns: int
    lines: int
    points: Area = Area()
    as_cards: bool = False
    figures: Area = Area()
    running: Area = Area()
    events: Area = Area()
    errors: Area = Area()
    sessions: Area = Area()
    drivers: Area = Area()

    @property
    def body(self) -> int:
        return max(0, self.lines - HEAD_LINES - FOOT_LINES)

    @property
    def card_columns(self) -> int:
        return max(1, self.points.width // CARD_WIDTH)

    @property
    def point_rows(self) -> int:
        """Points on this page."""
        return _cards_in(self.points) if self.as_cards else self.points.rows


def plan(columns: int, lines: int, view: View, total: int | None) -> Layout:
    """`total`: how many points there are to be shown, if that is known."""
    empty = Layout(columns, lines)
    whole = Area(columns, empty.body)
    match view:
        case View.BOARD:
            return _board(empty, whole, total)
        case View.SESSIONS:
            return Layout(columns, lines, sessions=whole)
        case View.EVENTS:
            return Layout(columns, lines, events=whole)
        case View.ERRORS:
            return Layout(columns, lines, errors=whole)
        case View.DRIVERS:
            return Layout(columns, lines, drivers=whole)
        case View.FIGURES:
            return Layout(columns, lines, figures=whole)


def most_points(layout: Layout) -> int:
    """Points worth asking for: as many as any form of this screen shows."""
    whole = Area(layout.points.width, layout.body)
    return max(1, min(MOST_POINTS, max(layout.points.rows, _cards_in(layout.points), _cards_in(whole))))


def _board(empty: Layout, whole: Area, total: int | None) -> Layout:
    if empty.columns >= _WIDE_COLUMNS and empty.lines >= _WIDE_LINES:
        return _wide(empty, total)
    if total is not None and _fit_as_cards(whole, total):
        # What the cards leave over is for events, where it is enough for some.
        taken = _RULE + CARD_HEIGHT * max(1, -(-total // max(1, whole.width // CARD_WIDTH)))
        rest = whole.height - taken
        events = Area(whole.width, rest if rest >= _STRIP_LINES else 0)
        points = Area(whole.width, whole.height - events.height)
        return Layout(empty.columns, empty.lines, points=points, as_cards=True, events=events)
    strip = Area(whole.width, _STRIP_LINES if whole.height >= _STRIP_FROM else 0)
    above = Area(whole.width, whole.height - strip.height)
    return Layout(empty.columns, empty.lines, points=above, events=strip)


def _wide(empty: Layout, total: int | None) -> Layout:
    below = max(_BELOW_LINES, int(empty.body * _BELOW_SHARE))
    above = empty.body - below
    errors = empty.columns - _GAP - TWO_LINES_BELOW
    if errors < _LEAST_ERRORS_COLUMNS:
        errors = (empty.columns - _GAP) // 2
    points = Area(empty.columns - _BESIDE_COLUMNS - _GAP, above)
    return Layout(
        empty.columns,
        empty.lines,
        points=points,
        as_cards=_fit_as_cards(points, total),
        figures=Area(_BESIDE_COLUMNS, _FIGURES_LINES),
        running=Area(_BESIDE_COLUMNS, above - _FIGURES_LINES),
        events=Area(empty.columns - _GAP - errors, below),
        errors=Area(errors, below),
    )


def _cards_in(area: Area) -> int:
    return max(1, area.width // CARD_WIDTH) * (max(0, area.height - _RULE) // CARD_HEIGHT)


def _fit_as_cards(area: Area, total: int | None) -> bool:
    return total is not None and total <= _cards_in(area)
