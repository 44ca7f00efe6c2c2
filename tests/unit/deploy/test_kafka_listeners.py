"""Which listeners of a broker the rule of the shore looks at, and what it finds of each."""

import pytest

from common.net.shore import Listener
from common.words import shore as words
from deploy.kafka.listeners import listeners

OURS = Listener(words.KAFKA, "127.0.0.1", else_do=words.OTHER_LISTENER)


def beside(told: dict[str, str]) -> list[tuple[str, bool, bool]]:
    ours, *others = listeners("127.0.0.1", told)
    assert ours == OURS
    return [(one.host, one.has_tls, one.proves) for one in others]


def test_ours_is_plain_and_alone_unless_told() -> None:
    assert list(listeners("127.0.0.1", {})) == [OURS]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"listeners": "SASL_SSL://0.0.0.0:9094"}, ("0.0.0.0", True, True)),
        ({"listeners": "SASL_PLAINTEXT://[::]:9094"}, ("::", False, True)),
        ({"listeners": "PLAINTEXT://:9094"}, ("", False, False)),
        ({"listeners": "SSL://:9094"}, ("", True, False)),
        ({"listeners": "SSL://:9094", "ssl.client.auth": "required"}, ("", True, True)),
        ({"listeners": "SSL://:9094", "ssl.client.auth": "requested"}, ("", True, False)),
        ({"listeners": "SSL://:9094", "listener.name.ssl.ssl.client.auth": "required"}, ("", True, True)),
        (
            {"listeners": "LAN://10.0.0.1:9094", "listener.security.protocol.map": "LAN:SASL_SSL, X:SSL"},
            ("10.0.0.1", True, True),
        ),
    ],
)
def test_one_beside_it_is_as_safe_as_its_protocol(told: dict[str, str], found: tuple[str, bool, bool]) -> None:
    assert beside(told) == [found]


def test_each_of_several_is_looked_at() -> None:
    assert beside({"listeners": "SASL_SSL://a:1, PLAINTEXT://b:2"}) == [("a", True, True), ("b", False, False)]
