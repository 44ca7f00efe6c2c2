"""Bytes in, lines out, however the bytes are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadMessage, ErrorCode
from common.framing import MOST_BAD_FRAMES, BadFrameCount, LineFramer

LINE = st.binary(max_size=60).filter(lambda line: b"\n" not in line)


def feed_in_pieces(framer: LineFramer, stream: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [line for start, end in pairwise(places) for line in framer.feed(stream[start:end])]


@given(st.lists(LINE), st.lists(st.integers(min_value=0)))
def test_the_same_lines_come_out_however_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    expected = [line.removesuffix(b"\r") for line in lines if line.strip()]
    assert feed_in_pieces(LineFramer(), stream, cuts) == expected


@given(st.binary(max_size=300), st.lists(st.integers(min_value=0)))
def test_any_bytes_give_only_lines_within_the_limit(stream: bytes, cuts: list[int]) -> None:
    framer = LineFramer(limit=16)
    lines = feed_in_pieces(framer, stream, cuts)
    assert all(0 < len(line) <= 16 and b"\n" not in line for line in lines)
    assert bool(framer.broken) == any(len(line) > 16 for line in stream.split(b"\n"))


def test_a_carriage_return_and_blank_lines_are_ignored() -> None:
    assert LineFramer().feed(b'\r\n\n  \n{"a":1}\r\n{"b":2}\n') == [b'{"a":1}', b'{"b":2}']


def test_an_unfinished_line_waits_for_its_end() -> None:
    framer = LineFramer()
    assert framer.feed(b"ab") == []
    assert framer.feed(b"cd\nef") == [b"abcd"]
    assert framer.feed(b"\n") == [b"ef"]


def test_a_line_of_exactly_the_limit_passes_and_one_byte_more_breaks_the_stream() -> None:
    framer = LineFramer(limit=4)
    assert framer.feed(b"abcd\n") == [b"abcd"]
    assert framer.feed(b"ok\nabcde\nnever\n") == [b"ok"]
    assert isinstance(framer.broken, BadMessage)
    assert framer.broken.code is ErrorCode.FRAME_TOO_LARGE
    assert framer.feed(b"nor this\n") == []


def test_a_line_without_end_breaks_the_stream_as_soon_as_it_is_too_long() -> None:
    framer = LineFramer(limit=4)
    assert framer.feed(b"abcde") == []
    assert framer.broken is not None


def test_ten_frames_in_a_row_that_are_no_json_close_the_connection() -> None:
    count = BadFrameCount()
    seen = [count.saw(ErrorCode.MALFORMED_JSON) for _ in range(MOST_BAD_FRAMES)]
    assert seen == [False] * 9 + [True]


def test_one_good_frame_starts_the_count_of_bad_ones_anew() -> None:
    count = BadFrameCount(most=2)
    codes = [ErrorCode.MALFORMED_JSON, None, ErrorCode.MALFORMED_JSON, ErrorCode.INVALID_MESSAGE]
    assert [count.saw(code) for code in codes] == [False] * 4
    assert [count.saw(ErrorCode.MALFORMED_JSON) for _ in range(2)] == [False, True]


def test_what_waits_for_its_end_is_not_copied_for_every_byte_that_comes() -> None:
    framer = LineFramer()
    framer.feed(b"a")
    held = framer._rest
    assert [framer.feed(b"b") for _ in range(3)] == [[], [], []]
    assert framer._rest is held
    assert framer.feed(b"\n") == [b"abbb"]
