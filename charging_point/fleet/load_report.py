"""What a load of drivers came to, for people. The same figures as one line of JSON are the load's own report."""

from collections.abc import Iterator
from typing import Any

from common.words import fleet as words


def lines(report: dict[str, Any]) -> Iterator[str]:
    yield words.LOAD_ASKED(
        sent=report["requests"]["sent"], rate=f"{report['rate_sent']:.1f}", asked=f"{report['rate']:g}"
    )
    yield _of(words.LOAD_CHARGES(), report["requests"])
    yield _of(words.LOAD_STOPS(), report["stops"])
    if report["readings"]:
        yield words.LOAD_LATENCY(what=words.LOAD_READINGS(), **_named(report["first_reading_ms"]))
        yield words.LOAD_FOLLOWED(readings=report["readings"], tickets=report["tickets"])


def _of(what: str, told: dict[str, Any]) -> str:
    outcomes = ", ".join(f"{code} {count}" for code, count in sorted(told["outcomes"].items(), key=lambda one: -one[1]))
    return words.LOAD_OUTCOMES(
        latency=words.LOAD_LATENCY(what=what, **_named(told["latency_ms"])), outcomes=outcomes or "0"
    )


def _named(latency: dict[str, float]) -> dict[str, str]:
    return {name.replace(".", "_"): f"{value:.1f}" for name, value in latency.items()}
