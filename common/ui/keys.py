"""
Bytes of a terminal as keys. Pure: no terminal here.

A key is told by its name (`enter`, `up`, `f12`, `ctrl-c`, `paste`), a character that prints by itself; `text` is what it
writes, if anything. Sequences nobody knows are dropped whole, so that none of their letters is taken for a key.
"""

import codecs
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    text: str = ""


_PLAIN = {
    "\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace", "\x1b": "escape",
}  # fmt: skip
_FINAL = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "shift-tab",
    "P": "f1", "Q": "f2", "R": "f3", "S": "f4",
}  # fmt: skip
_NUMBERED = {
    "1": "home", "2": "insert", "3": "delete", "4": "end", "5": "page-up", "6": "page-down", "7": "home", "8": "end",
    "11": "f1", "12": "f2", "13": "f3", "14": "f4", "15": "f5", "17": "f6", "18": "f7", "19": "f8", "20": "f9",
    "21": "f10", "23": "f11", "24": "f12",
}  # fmt: skip
_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"
_SEQUENCE = re.compile(r"\x1b(?:\[(?P<numbers>[0-9;:?<=>]*)(?P<final>[@-~])|O(?P<single>[@-~]))")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;:?<=>]*|O)?")
#: No paste is longer; what comes after is dropped, or one could fill the memory.
_LONGEST_PASTE = 10_000


class Keys:
    """Feed it what was read; `flush` when nothing followed for a moment: then an Escape stands alone."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    @property
    def waits(self) -> bool:
        """Whether something has begun that may be a key already."""
        return bool(self._rest) and not self._rest.startswith(_PASTE)

    def feed(self, data: bytes) -> list[Key]:
        self._rest += self._decode.decode(data)
        found: list[Key] = []
        while self._rest:
            taken = self._one(found)
            if not taken:
                break
            self._rest = self._rest[taken:]
        return found

    def flush(self) -> list[Key]:
        """What stands there is all that comes."""
        rest, self._rest = self._rest, ""
        return [Key("escape")] if rest.startswith("\x1b") else []

    def _one(self, found: list[Key]) -> int:
        """Take one key from the front; gives how much was taken, 0 when more must come first."""
        rest = self._rest
        if rest.startswith(_PASTE):
            return self._paste(found)
        if (sequence := _SEQUENCE.match(rest)) is not None:
            name = _named(sequence)
            found += [Key(name)] if name else []
            return sequence.end()
        if rest[0] == "\x1b" and _UNFINISHED.fullmatch(rest):
            return 0
        found += _character(rest[0])
        return 1

    def _paste(self, found: list[Key]) -> int:
        end = self._rest.find(_PASTE_END)
        if end < 0:
            self._rest = self._rest[: _LONGEST_PASTE + len(_PASTE_END)]
            return 0
        text = "".join(c if c.isprintable() else " " for c in self._rest[len(_PASTE) : end])
        found.append(Key("paste", text[:_LONGEST_PASTE]))
        return end + len(_PASTE_END)


def _named(sequence: re.Match[str]) -> str | None:
    final = sequence["single"] or sequence["final"]
    number = (sequence["numbers"] or "").partition(";")[0]
    return _NUMBERED.get(number) if final == "~" else _FINAL.get(final)


def _character(char: str) -> list[Key]:
    if char in _PLAIN:
        return [Key(_PLAIN[char])]
    if char < " ":
        return [Key(f"ctrl-{chr(ord(char) + 64).lower()}")]
    return [Key(char, char)] if char.isprintable() else []
