"""Where a person is in a list that is longer than the screen. Pure."""


class Cursor:
    def __init__(self) -> None:
        self.index = 0
        #: The first row on the screen, and how many fit: told by who draws.
        self.top = 0
        self.rows = 1
        self._count = 0

    def fit(self, count: int, rows: int | None = None) -> None:
        """The list is so long now, the screen so high."""
        self._count = count
        self.rows = max(1, self.rows if rows is None else rows)
        self.index = max(0, min(self.index, count - 1))
        lowest_top = max(0, count - self.rows)
        self.top = min(max(self.top, self.index - self.rows + 1), self.index, lowest_top)

    def go(self, index: int) -> None:
        self.index = index
        self.fit(self._count)

    def press(self, name: str) -> bool:
        """Whether it was a key of ours."""
        match name:
            case "up":
                self.go(self.index - 1)
            case "down":
                self.go(self.index + 1)
            case "page-up":
                self.go(self.index - self.rows)
            case "page-down":
                self.go(self.index + self.rows)
            case "home":
                self.go(0)
            case "end":
                self.go(self._count - 1)
            case _:
                return False
        return True

    @property
    def is_at_end(self) -> bool:
        return self.index >= self._count - 1
