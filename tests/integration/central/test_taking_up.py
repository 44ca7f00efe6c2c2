"""A Central whose database takes nothing at its start says so in a sentence, and gives its port back."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from central.runtime import Central
from central.settings import CentralSettings
from common.errors import CannotStart
from common.kafka.memory import MemoryBroker, MemoryBus
from common.net.server import bind


async def test_a_database_that_takes_nothing_at_the_start_is_said_in_a_sentence(tmp_path: Path) -> None:
    central = Central(CentralSettings(port=0, data_dir=tmp_path), asyncio.Event(), bus=MemoryBus(MemoryBroker()))
    with sqlite3.connect(tmp_path / "central.db") as other:
        other.execute("DROP TABLE centrals")
    other.close()
    port = central._port.getsockname()[1]
    with pytest.raises(CannotStart) as told:
        await central.start()
    assert str(told.value) == (
        "Cannot use the database now. The database did not take it (no such table: centrals); try again."
    )
    bind("127.0.0.1", port).close()
    await central.stop()
