"""Which errors and notices the operator has not seen yet, and which of them to tell on the line of messages. Pure."""

from collections.abc import Sequence

from central.admin.known import Notice

_NOT_GRAVE = ("DEBUG", "INFO")
#: What is older than this was there before, and is only counted.
_NEWS_FOR_S = 60.0
#: An answer to the operator stands so long before something else takes its place.
_ANSWER_STANDS_S = 5.0


def is_grave(notice: Notice) -> bool:
    return notice.level not in _NOT_GRAVE


class Unseen:
    def __init__(self) -> None:
        self.notices: Sequence[Notice] = ()
        self._seen: frozenset[Notice] = frozenset()
        self._told_at = 0.0
        self._answered_at = -_ANSWER_STANDS_S

    @property
    def has_grave(self) -> bool:
        return any(is_grave(notice) for notice in self.notices)

    def answer(self, mono: float) -> None:
        """The operator was just told what became of a command."""
        self._answered_at = mono

    def heed(self, told: Sequence[Notice], *, are_shown: bool) -> None:
        """All there are, and whether they are on the screen."""
        if are_shown:
            self._seen = frozenset(told)
        self.notices = tuple(notice for notice in told if notice not in self._seen)

    def news(self, central_now: float, mono: float) -> Notice | None:
        """The newest grave one, once, and not in the place of a fresh answer."""
        if mono - self._answered_at < _ANSWER_STANDS_S:
            return None
        oldest = max(self._told_at, central_now - _NEWS_FOR_S)
        newest = max((one for one in self.notices if is_grave(one)), key=lambda one: one.at, default=None)
        if newest is None or newest.at <= oldest:
            return None
        self._told_at = newest.at
        return newest
