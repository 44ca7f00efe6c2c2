"""
One target under atheris, in a process of its own: `python -m tests.fuzz.guided TARGET [LIBFUZZER ARGUMENTS…]`.

libFuzzer ends the process itself: status 0 when the time is over, another after a finding, whose input it has written.
"""

import sys

import atheris

from common.errors import CannotStart
from tests.fuzz.frames import Frames

with atheris.instrument_imports(include=["common", "central"]):
    from tests.fuzz import targets

#: Of the inputs of targets that read frames, so many are nearly right frames; bytes alone rarely reach past the parser.
_NEARLY_RIGHT = 0.3
_OF_FRAMES = {"codec", "conversation", "record", "proof"}
#: What stands before the frames in an input (see targets.py).
_BEFORE = {"conversation": 2, "record": 2}


def main(arguments: list[str]) -> None:
    target, *options = arguments
    if target not in targets.TARGETS:
        raise CannotStart(f"There is no target {target!r}; know: {', '.join(targets.TARGETS)}.")

    frames = Frames(0)

    def run(data: bytes) -> None:
        targets.hold(target, data)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        frames.begin_anew(seed)
        if frames.chance() >= _NEARLY_RIGHT:
            return bytes(atheris.Mutate(data, most))
        head = data[: _BEFORE.get(target, 0)]
        return (head + frames.next())[:most]

    if target in _OF_FRAMES:
        atheris.Setup([sys.argv[0], *options], run, custom_mutator=mutate)
    else:
        atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
