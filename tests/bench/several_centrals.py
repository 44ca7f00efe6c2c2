"""
How much telemetry one Central takes, and how much several: `.venv/bin/python -m tests.bench.several_centrals --help`.

Each run begins alike: a database with as many open sessions, and the same number of readings in Kafka that the Centrals see
all at once when they have shared the partitions. It ends when all of them are stored and their offsets committed. Drivers are
told, as always. Real processes; Apache Kafka and PostgreSQL are its own unless it is told others.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.backlog import PARTITIONS, Backlog, Databases, Topics, wait
from tests.bench.servers import Servers, cpu_of_machine, cpu_of_tree, servers
from tests.orders import Parser, file_to_write, whole
from tests.running import TICKS

#: Four Centrals need cores beside those of Kafka and PostgreSQL.
_CORES_FOR_FOUR = 6
_STORED_WITHIN_S = 600.0
_COMMITTED_WITHIN_S = 30.0
_STOPPED_WITHIN_S = 20.0
#: So much of a machine's cores in use means that there are no more for a further Central.
_FULL = 0.9


@dataclass(frozen=True, slots=True)
class Run:
    """What some Centrals did with the backlog. CPU in seconds; None for a server that runs elsewhere."""

    centrals: int
    partitions: list[int]
    records: int
    seconds: float
    central_cpu: list[float]
    kafka_cpu: float | None
    postgres_cpu: float | None
    machine_cpu: float
    notices: int

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def rate_by_cpu(self) -> float:
        """Records for each second that a Central had a core."""
        return self.records / max(sum(self.central_cpu), 1 / TICKS)

    @property
    def cores(self) -> dict[str, float | None]:
        """How many of them were busy with whom, on average."""
        ours = {"centrals": sum(self.central_cpu), "kafka": self.kafka_cpu, "postgres": self.postgres_cpu}
        others = self.machine_cpu - sum(cpu for cpu in ours.values() if cpu is not None)
        spent = {**ours, "others": max(0.0, others), "all": self.machine_cpu}
        return {who: None if cpu is None else cpu / self.seconds for who, cpu in spent.items()}


class _Costs:
    """CPU seconds of everybody since it was made."""

    def __init__(self, centrals: Sequence[int], where: Servers) -> None:
        self._pids = [*centrals, where.kafka_pid, where.postgres_pid]
        self._before = self._now()
        self._began = time.monotonic()

    def _now(self) -> list[float | None]:
        return [cpu_of_machine(), *(None if pid is None else cpu_of_tree(pid) for pid in self._pids)]

    def end(self) -> tuple[float, list[float | None]]:
        """Wall time; then the machine, each Central, Kafka, PostgreSQL."""
        seconds = time.monotonic() - self._began
        spent = zip(self._before, self._now(), strict=True)
        return seconds, [None if was is None or now is None else now - was for was, now in spent]


@contextmanager
def running_centrals(number: int, kafka: str, prefix: str, database: str, log: Path) -> Iterator[list[int]]:
    """Their process ids, once all of them listen."""
    program = [
        sys.executable,
        "-m",
        "central",
        "--no-auth",
        "--port",
        "0",
        "--kafka",
        kafka,
        "--kafka-topic-prefix",
        prefix,
    ]
    environment = {**os.environ, "EV_CENTRAL_DATABASE": database}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for one in range(1, number + 1):
            with log.open("ab") as words:
                process = subprocess.Popen(
                    [*program, "--instance", f"bench-{one}"], env=environment, stdout=subprocess.PIPE, stderr=words
                )
            processes.append(process)
            assert process.stdout is not None
            if not process.stdout.readline():
                raise SystemExit(f"A Central did not start: {log.read_text()[-1000:]}")
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(_STOPPED_WITHIN_S)


def drain(number: int, backlog: Backlog, where: Servers, databases: Databases, log: Path) -> Run:
    """Let so many Centrals store the backlog."""
    topics = Topics(where.kafka)
    with databases.copy() as (address, engine):
        with running_centrals(number, where.kafka, topics.prefix, address, log) as pids:
            partitions = topics.wait_dealt(number)
            costs: list[_Costs] = []
            topics.write(list(backlog.readings()), before=lambda: costs.append(_Costs(pids, where)))
            wait(lambda: backlog.is_stored(engine), _STORED_WITHIN_S, "that all readings are stored")
            seconds, (machine, *central_cpu, kafka, postgres) = costs[0].end()
            wait(topics.is_committed, _COMMITTED_WITHIN_S, "that all offsets are committed")
        stored = backlog.count_stored(engine)
    if stored != backlog.records:
        raise SystemExit(f"{stored} readings are stored instead of {backlog.records}: this is a defect.")
    notices = topics.notices()
    topics.delete()
    return Run(
        centrals=number,
        partitions=partitions,
        records=stored,
        seconds=seconds,
        central_cpu=[cpu or 0.0 for cpu in central_cpu],
        kafka_cpu=kafka,
        postgres_cpu=postgres,
        machine_cpu=machine or 0.0,
        notices=notices,
    )


def comparison(one: Run, several: Run, cores: int) -> dict[str, float | str]:
    """Several against one: by the clock, and what each second of a Central's CPU was worth."""
    return {
        "ratio": several.rate / one.rate,
        "ratio_by_cpu": several.centrals * several.rate_by_cpu / one.rate_by_cpu,
        "bound": _bound(several, cores),
    }


def _bound(run: Run, cores: int) -> str:
    busy = run.cores
    if (busy["all"] or 0.0) > _FULL * cores:
        return f"the machine's cores: all {cores} were busy, {busy['others']:.2f} of them with others' work"
    if sum(run.central_cpu) > _FULL * run.centrals * run.seconds:
        return "the Centrals: each used its core"
    return "waiting: for the disk of the database, its locks, or Kafka"


def table(runs: Sequence[Run]) -> Iterator[str]:
    yield (
        f"{'Centrals':>8} {'records/s':>10} {'a CPU-second':>13} {'notices':>8}   "
        "cores busy with: Centrals    Kafka PostgreSQL   others   partitions\n"
    )
    for run in runs:
        shares = [run.cores[who] for who in ("centrals", "kafka", "postgres", "others")]
        shown = " ".join(f"{'elsewhere' if share is None else f'{share:.2f}':>9}" for share in shares)
        dealt = "+".join(map(str, run.partitions))
        yield (
            f"{run.centrals:8} {run.rate:10,.0f} {run.rate_by_cpu:13,.0f} {run.notices:8,}   {'':15} {shown}   {dealt}\n"
        )


def report(runs: Sequence[Run], backlog: Backlog, cores: int) -> dict[str, object]:
    return {
        "cores": cores,
        "load_average": list(os.getloadavg()),
        "sessions": backlog.sessions,
        "records": backlog.records,
        "runs": [{**asdict(run), "rate": run.rate, "rate_by_cpu": run.rate_by_cpu, "cores": run.cores} for run in runs],
        "against_one": {str(run.centrals): comparison(runs[0], run, cores) for run in runs[1:]},
    }


def bench(told: argparse.Namespace) -> None:
    cores = len(os.sched_getaffinity(0))
    sessions = PARTITIONS * max(1, round(told.sessions / PARTITIONS))
    backlog = Backlog(sessions, max(1, told.records // sessions))
    numbers = told.centrals or ([1, 2, 4] if cores >= _CORES_FOR_FOUR else [1, 2])
    say = sys.stdout.write
    say(f"{backlog.records:,} readings of {sessions:,} sessions; {cores} cores, load {os.getloadavg()[0]:.1f}\n")
    with servers(told.kafka, told.database) as where, tempfile.TemporaryDirectory() as folder:
        databases = Databases(where.database, backlog)
        try:
            runs = [drain(number, backlog, where, databases, Path(folder) / "centrals.log") for number in numbers]
        finally:
            databases.drop()
    for line in table(runs):
        say(line)
    for run in runs[1:]:
        found = comparison(runs[0], run, cores)
        say(
            f"{run.centrals} against {runs[0].centrals}: {found['ratio']:.2f} times the records; by the CPU of the Centrals "
            f"{found['ratio_by_cpu']:.2f} times. What bounds it: {found['bound']}.\n"
        )
    if told.json:
        told.json.write_text(json.dumps(report(runs, backlog, cores), indent=2) + "\n")


def main() -> None:
    ask = Parser(prog="tests.bench.several_centrals", description=__doc__)
    ask.add_argument("--kafka", metavar="HOST:PORT", help="an Apache Kafka; without it, one of the bench's own")
    ask.add_argument("--database", metavar="URL", help="a PostgreSQL on which it may make databases; else its own")
    ask.add_argument(
        "--records", type=whole(1), default=60_000, metavar="N", help="readings a run (default: %(default)s)"
    )
    ask.add_argument(
        "--sessions", type=whole(1), default=3_000, metavar="N", help="open sessions (default: %(default)s)"
    )
    ask.add_argument(
        "--centrals", type=whole(1), nargs="+", metavar="N", help="how many in each run; the first is compared with"
    )
    ask.add_argument("--json", type=file_to_write, metavar="FILE", help="everything, for a program to read")
    bench(ask.parse_args())


if __name__ == "__main__":
    main()
