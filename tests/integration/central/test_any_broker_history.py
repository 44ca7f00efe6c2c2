"""A few of the same histories over the embedded broker, where records take their time and come in batches."""

from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from central.store.engine import open_database
from tests.integration.central.broker_world import BrokerNetwork, BrokerWorld
from tests.integration.central.test_any_history import IN_CI, AnyHistory
from tests.kafka_server import embedded_broker


class AnyBrokerHistory(AnyHistory):
    broker: ClassVar[str]
    numbers: ClassVar["count[int]"] = count()

    def new_world(self, folder: Path, database: str) -> BrokerWorld:
        return BrokerWorld(BrokerNetwork(folder, database, self.broker, f"history-{next(self.numbers)}."))


@pytest.mark.broker
@pytest.mark.timeout(1800)
def test_no_history_over_a_broker_breaks_what_must_hold(tmp_path: Path) -> None:
    AnyBrokerHistory.template = tmp_path / "template.db"
    open_database(f"sqlite:///{AnyBrokerHistory.template}").dispose()
    is_long = settings.get_current_profile_name() == "long"
    # Nothing is made smaller here: the same history over a bus in memory says more, and sooner.
    in_ci = settings(IN_CI, max_examples=4, stateful_step_count=20, phases=[Phase.generate])
    with embedded_broker(tmp_path / "broker.log") as AnyBrokerHistory.broker:
        run_state_machine_as_test(AnyBrokerHistory, settings=settings() if is_long else in_ci)
