"""What ev-up tells: to its stream, or to the console with how grave it is."""

from io import StringIO

from deploy.voice import Voice


def test_a_voice_tells_its_stream_or_whoever_has_the_screen_with_the_level() -> None:
    stream, heard = StringIO(), list[tuple[str, str]]()
    tell = Voice(stream)
    tell("Ready.")
    tell.complain("The broker died.")
    tell.elsewhere = lambda line, level: heard.append((line, level))
    tell("Ready.")
    tell.complain("The broker died.")
    assert stream.getvalue() == "Ready.\nThe broker died.\n"
    assert heard == [("Ready.", "INFO"), ("The broker died.", "ERROR")]
