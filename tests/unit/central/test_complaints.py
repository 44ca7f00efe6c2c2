"""The ring of the newest warnings and errors."""

import logging

from central.complaints import Complaints
from common.telemetry import about


def test_a_flood_leaves_the_newest_fifty_and_none_of_what_they_told_about() -> None:
    heard = Complaints()
    log = logging.Logger("ev.central.flood")  # noqa: LOG001 - one that nobody else hears
    log.addHandler(heard)
    for number in range(1000):
        log.warning("Number %d: %s", number, "x" * 1000, extra=about(cp_id="CP1"))
    log.info("Nothing.")
    found = heard.newest()
    assert [one["text"].split(":")[0] for one in found] == [f"Number {n}" for n in range(999, 949, -1)]
    assert {len(one["text"]) for one in found} == {300}
    nobody = {"message_id": None, "session_id": None, "driver_id": None}
    told = {**nobody, "level": "warning", "cp_id": "CP1", "text": found[0]["text"], "at": found[0]["at"]}
    assert found[0] == told
