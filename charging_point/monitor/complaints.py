"""Says a trouble once, however often it comes back before it is over. Pure."""

from charging_point.monitor.effects import Effects, Note

#: A peer that invents a new sentence at each attempt gets no more than these into the log.
_MOST_SENTENCES = 8


class Complaints:
    def __init__(self) -> None:
        self._said: set[str] = set()

    def once(self, sentence: str) -> Effects:
        if sentence in self._said or len(self._said) >= _MOST_SENTENCES:
            return []
        self._said.add(sentence)
        return [Note(sentence, grave=True)]

    def over(self) -> None:
        """The trouble has passed; the next one is news again."""
        self._said.clear()
