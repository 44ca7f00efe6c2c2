"""
The same histories against a Central that asks for proofs: with secrets that are right, another's, revoked and made anew, on links
and under records. Whoever has proven nothing may say what it likes; the ledger knows nothing of it, and neither may Central.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule, run_state_machine_as_test

from central.store.engine import open_database
from common.routes import Topic
from tests.integration.central import test_any_history as open_house
from tests.integration.central.any_message import DRIVERS, POINTS
from tests.integration.central.conftest import Network
from tests.integration.central.crowd import Guest, frame
from tests.integration.central.guarded_world import ADMIN, EVERYBODY, GuardedWorld

guests, said = open_house.AnyHistory.guests, open_house.AnyHistory.said
everybody = st.sampled_from(EVERYBODY)


class AnyGuardedHistory(open_house.AnyHistory):
    world: GuardedWorld

    def new_world(self, folder: Path, database: str) -> GuardedWorld:
        return GuardedWorld(Network(folder, database))

    @initialize(target=guests, price=open_house.prices)
    def open_for_business(self, price: float) -> Any:
        """A Monitor with its points, drivers and an operator that have proven who they are, and one who has not."""
        monitor, driver, operator, nobody = (self.do(self.world.newcomer()) for _ in range(4))
        for cp_id in POINTS[:2]:
            self.do(self.world.prove(monitor, ("monitor", cp_id)))
            self.say(monitor, **open_house.joins(cp_id, "r", price))
        for driver_id in DRIVERS[:2]:
            self.do(self.world.prove(driver, ("driver", driver_id)))
        self.do(self.world.prove(operator, ADMIN))
        return multiple(monitor, driver, operator, nobody)

    @rule(target=said, guest=guests, who=everybody, other=everybody, honest=st.booleans())
    def somebody_shows_a_secret(self, guest: Guest, who: Any, other: Any, honest: bool) -> bytes:
        shown = None if honest else self.world.secrets.get(other, "")
        return self.do(self.world.prove(guest, who, shown))  # type: ignore[no-any-return]  # what `do` runs says it

    @rule(guest=guests, who=everybody, which=open_house.choices)
    def somebody_repeats_a_proof_that_was_overheard(self, guest: Guest, who: Any, which: int) -> None:
        """Once its owner was believed it is worth nothing any more."""
        self.do(self.world.prove(self.world.guests[which % len(self.world.guests)], who))
        self.do(self.world.say(guest, self.world.overheard))

    @rule(target=said, guest=guests, cp_id=open_house.points, message_id=open_house.ids, price=open_house.prices)
    def a_point_joins(self, guest: Guest, cp_id: str, message_id: str, price: float) -> bytes:
        self.do(self.world.prove(guest, ("monitor", cp_id)))
        return self.say(guest, **open_house.joins(cp_id, message_id, price))

    @rule(who=st.sampled_from([who for who in EVERYBODY if who != ADMIN]), again=st.booleans())
    def a_secret_is_revoked(self, who: Any, again: bool) -> None:
        if who in self.world.secrets:
            self.do(self.world.revoke(who))
        if again:
            self.do(self.world.enrol(who))

    @rule(
        topic=st.sampled_from(open_house.TOPICS),
        key=open_house.points | open_house.drivers,
        line=open_house.lines | said,
        signer=st.none() | st.sampled_from([*POINTS, *DRIVERS, "nobody"]),
    )
    def somebody_writes_anything_to_kafka(self, topic: Topic, key: str, line: bytes, signer: str | None) -> None:
        self.do(self.world.produce(topic, key, line.rstrip(b"\n"), signer))

    @rule(driver_id=open_house.drivers, cp_id=open_house.points, message_id=open_house.ids, signer=open_house.drivers)
    def a_driver_asks_with_anothers_secret(self, driver_id: str, cp_id: str, message_id: str, signer: str) -> None:
        line = frame({"type": "charge_request", "message_id": message_id, "cp_id": cp_id, "driver_id": driver_id})
        self.do(self.world.produce(Topic.CHARGE_REQUESTS, driver_id, line[:-1], signer))


@pytest.mark.timeout(1800)
def test_no_history_lets_in_who_proved_nothing(tmp_path: Path) -> None:
    AnyGuardedHistory.template = tmp_path / "template.db"
    open_database(f"sqlite:///{AnyGuardedHistory.template}").dispose()
    is_long = settings.get_current_profile_name() == "long"
    in_ci = settings(open_house.IN_CI, max_examples=15)
    run_state_machine_as_test(AnyGuardedHistory, settings=settings() if is_long else in_ci)
