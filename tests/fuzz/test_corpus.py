"""Every input of the corpus again, without any fuzzer: what once was found, and what leads somewhere special."""

from pathlib import Path

import pytest

from common.registry import CATALOGUE
from tests.fuzz.flood import flood
from tests.fuzz.frames import Frames, golden_frames
from tests.fuzz.targets import TARGETS, Broken, hold, take

CORPUS = Path(__file__).parent / "corpus"
INPUTS = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    assert {path.parent.name for path in INPUTS} == set(TARGETS)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_input_of_the_corpus_breaks_nothing(path: Path) -> None:
    hold(path.parent.name, path.read_bytes())


def test_every_golden_frame_is_taken_whole() -> None:
    assert [take(frame, CATALOGUE).type for frame in golden_frames()] == sorted(CATALOGUE)  # type: ignore[union-attr]  # a refusal fails here


def test_the_same_seed_makes_the_same_frames_and_they_are_of_every_kind() -> None:
    frames, again = Frames(7), Frames(7)
    drawn = [frames.next() for _ in range(2000)]
    assert drawn == [again.next() for _ in range(2000)]
    outcomes = {str(getattr(found, "type", found)) for found in (take(frame, CATALOGUE) for frame in drawn)}
    assert outcomes >= {*CATALOGUE, "malformed_json", "invalid_message", "unknown_type"}


def test_a_short_flood_finds_nothing_and_counts_what_came_of_it() -> None:
    figures = flood(3000, 1)
    assert figures.frames >= 3000
    assert {"charge_request", "charge_completion", "malformed_json", "not_allowed"} <= figures.outcomes.keys()


def test_a_sentence_that_could_not_be_told_is_a_finding() -> None:
    from common.errors import BadMessage, ErrorCode
    from tests.fuzz.targets import refusal

    for sentence in ("\x1b[2J.", "", "No end"):
        with pytest.raises((Broken, ValueError)):
            refusal(BadMessage(ErrorCode.INVALID_MESSAGE, sentence))
