"""The rule of the shore: what may listen where, and the sentence for what may not."""

import logging

import pytest

from common.errors import BadSetting
from common.net.shore import Listener, guard, is_beyond_loopback
from common.words import Language, speak
from common.words import shore as words

OPTIONS = ("--tls-cert", "--auth")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "::1", "::ffff:127.0.0.1", "127.1", "0x7f.1"]
)
def test_loopback_is_where_nobody_else_comes(host: str) -> None:
    assert not is_beyond_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "0", "192.0.2.1", "10.0.0.1", "128.0.0.1", "fe80::1", "::ffff:192.0.2.1", "2001:db8::1"],
)
def test_everything_else_is_beyond(host: str) -> None:
    assert is_beyond_loopback(host)


def test_a_name_that_leads_nowhere_is_left_to_whoever_binds_it() -> None:
    assert not is_beyond_loopback("no-such-name.invalid")
    assert not is_beyond_loopback("a" * 300)


@pytest.mark.parametrize(
    ("has_tls", "proves", "sentence"),
    [
        (False, False, "without TLS and authentication. Give --tls-cert and --auth,"),
        (False, True, "without TLS. Give --tls-cert,"),
        (True, False, "without authentication. Give --auth,"),
    ],
)
def test_what_lacks_either_is_refused_in_one_sentence_that_says_what_to_do(
    has_tls: bool, proves: bool, sentence: str
) -> None:
    open_one = Listener(words.CENTRAL, "0.0.0.0", has_tls=has_tls, proves=proves, remedies=OPTIONS)
    with pytest.raises(BadSetting) as refused:
        guard([open_one], insecure=False)
    assert str(refused.value) == (
        f"Central would listen on 0.0.0.0, beyond loopback, {sentence} or say --insecure to listen all the same."
    )


def test_what_has_both_and_what_stays_on_loopback_may_listen_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    guard(
        [Listener(words.CENTRAL, "0.0.0.0", has_tls=True, proves=True), Listener(words.KAFKA, "127.0.0.1")],
        insecure=False,
    )
    assert caplog.records == []


def test_under_insecure_each_that_stands_open_is_one_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        guard([Listener(words.ENGINE, "::", has_tls=True), Listener(words.KAFKA, "::1")], insecure=True)
    assert [record.getMessage() for record in caplog.records] == [
        "The Engine listens on ::, beyond loopback, without authentication; --insecure allows it."
    ]


def test_who_has_no_log_is_told_the_warning_in_the_language_spoken() -> None:
    told: list[str] = []
    speak(Language.CHINESE)
    try:
        guard([Listener(words.POSTGRES, "::", proves=True)], insecure=True, warn=told.append)
    finally:
        speak(Language.ENGLISH)
    assert told == ["PostgreSQL 在回环地址之外的 :: 上监听，但没有 TLS；已由 --insecure 允许。"]


def test_one_that_stands_open_is_enough_to_refuse_all() -> None:
    with pytest.raises(BadSetting, match=r"Kafka would listen on 192\.0\.2\.1"):
        guard([Listener(words.CENTRAL, "127.0.0.1"), Listener(words.KAFKA, "192.0.2.1")], insecure=False)
