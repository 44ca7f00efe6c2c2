"""How ev-up is: whether what it started still runs. What every program has of them stands in common/vitals.py."""

from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.vitals import Check
from deploy.children import Child
from deploy.network import Network


class UpVitals:
    """The Subject of an ev-up."""

    def __init__(self, network: Network, measures: Measures) -> None:
        self._network = network
        self._measures = measures

    def trouble(self) -> str | None:
        return None  # what ev-up runs on is one task; with it this page would be gone

    async def checks(self) -> list[Check]:
        network = self._network
        started = network.is_running
        gone = [name for name, child in self._programs().items() if child.ended.done()]
        return [
            Check("started", started, "everything has started" if started else "not everything has started yet"),
            Check("programs", not gone, f"ended: {', '.join(gone)}" if gone else "all that were started run"),
        ]

    async def measure(self) -> None:
        programs = self._programs()
        ended = sum(child.ended.done() for child in programs.values())
        self._measures.set(figures.PROGRAMS, "running", to=len(programs) - ended)
        self._measures.set(figures.PROGRAMS, "ended", to=ended)

    def _programs(self) -> dict[str, Child]:
        """By name: of a program that was tried again, the last attempt counts."""
        return {child.name: child for child in self._network.everyone()}
