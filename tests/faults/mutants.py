"""
Mutants: the program with one safeguard taken out, each of which must turn the auditor red.

A mutant is a few words replaced in a copy of the tree, and the faults under which the want of the safeguard shows. The
unchanged program stays right under all of them: that is the first run of each round.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.harness.plan import Plan
from tests.faults.harness.schedule import Fault, Kind

ROOT = Path(__file__).parents[2]
PACKAGES = ("central", "charging_point", "common", "deploy", "driver")
PLAN = Plan(minutes=0.4, points=4, drivers=6)
ALL_THROUGH_MONITORS = Plan(minutes=0.4, points=4, drivers=6, without_kafka_every=1)


@dataclass(frozen=True, slots=True)
class Patch:
    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    sentence: str
    patches: Sequence[Patch]
    faults: Sequence[Fault] = ()
    plan: Plan = field(default=PLAN)


def _on_monitors(kind: Kind, at: float, lasts_s: float) -> list[Fault]:
    return [Fault(at, kind, f"monitor-{cp_id}>central", lasts_s) for cp_id in PLAN.cp_ids]


def _often(kind: Kind, target: str, *times: float, lasts_s: float = 0.0, detail: str = "") -> list[Fault]:
    return [Fault(at, kind, target, lasts_s, detail) for at in times]


_SETTLING = "central/handlers/settling.py"
_ACK = """        self._c.links.send(
            completion.cp_id,
            ChargeCompletionAck(
                message_id=completion.message_id,
                timestamp=now,
                cp_id=completion.cp_id,
                session_id=completion.session_id,
            ),
            settled.generation,
        )
"""
_STORE = """        settled = await self._c.store.write(
            lambda unit: settle(unit, completion, now, self._c.settings.time_scale, by=by)
        )
"""

MUTANTS = (
    Mutant(
        "ack_before_commit",
        "Central acknowledges a final account before it is stored.",
        [
            Patch(
                _SETTLING,
                _STORE,
                _ACK.replace("settled.generation", "getattr(self._c.links.find(completion.cp_id), 'generation', 0)")
                + _STORE,
            )
        ],
        _often(Kind.FULL_DISK, "central-1", 4, 13, lasts_s=5),
        ALL_THROUGH_MONITORS,
    ),
    Mutant(
        "unique_constraint_dropped",
        "Nothing in the database keeps a point from having two open sessions.",
        [
            Patch(
                "central/store/migrations/versions/0001_first.py",
                '        "uq_sessions_open_point",\n        "sessions",\n        ["cp_id"],\n        unique=True,',
                '        "uq_sessions_open_point",\n        "sessions",\n        ["cp_id"],\n        unique=False,',
            )
        ],
        _on_monitors(Kind.DELAY, 1, 20),
    ),
    Mutant(
        "auto_commit",
        "Kafka's client commits offsets by itself, whatever became of the records.",
        [Patch("common/kafka/client.py", '"enable.auto.commit": False', '"enable.auto.commit": True')],
        [
            Fault(4, Kind.FULL_DISK, "central-1", 8),
            Fault(4.1, Kind.KILL, "central-1", 1),
            Fault(16, Kind.FULL_DISK, "central-1", 7),
            Fault(16.1, Kind.KILL, "central-1", 1),
        ],
    ),
    Mutant(
        "float_money",
        "Money is a binary float, rounded as floats are.",
        [
            Patch(
                "common/money.py",
                "    return (kwh(energy_wh) * price_per_kwh).quantize(CENT, ROUND_HALF_UP)\n",
                "    return Decimal(str(round(energy_wh / 1000 * float(price_per_kwh), 2))).quantize(CENT)\n",
            )
        ],
    ),
    Mutant(
        "lookup_without_point",
        "A final account is believed whichever point it comes from.",
        [
            Patch(
                _SETTLING,
                "    session = unit.session(completion.session_id, cp_id=completion.cp_id)\n",
                "    session = unit.point_and_session(completion.session_id)[1]\n",
            )
        ],
        _often(Kind.LIE, "records", 5, 10, 15, 20, detail="20"),
    ),
    Mutant(
        "outbox_outside",
        "What is to be sent is kept in memory, not stored with what causes it.",
        [
            Patch(
                "central/store/records.py",
                "        self.outgoing.append(OutboxRow(number, record))\n",
                "        self.outgoing.append(OutboxRow(number, record))\n"
                "        self._connection.execute(delete(tables.outbox))\n",
            )
        ],
        [Fault(1 + 5 * n, Kind.FAILPOINT, "central-1", 5, f"central.before_publish={n + 2}") for n in range(4)],
    ),
    Mutant(
        "new_session_on_retry",
        "A request that comes again is taken for a new one.",
        [
            Patch(
                "central/handlers/claiming.py",
                "    body = unit.answer(sender_of(request), request.message_id)\n    if body is not None:",
                "    body = unit.answer(sender_of(request), request.message_id)\n    return None\n    if body:",
            )
        ],
    ),
    Mutant(
        "last_reading_dropped",
        "The last reading that was stored is billed, not the final account.",
        [
            Patch(
                "central/domain/sessions.py",
                "            energy_wh=energy_wh,\n            rate_kw=0.0,\n            total_cost=self.tariff.bill(energy_wh),",
                "            rate_kw=0.0,\n            total_cost=self.tariff.bill(self.energy_wh),",
            )
        ],
    ),
    Mutant(
        "service_forgotten",
        "A point that registers anew is in service again.",
        [
            Patch(
                "central/domain/points.py",
                "Event.RESUME_CP: False}.get(event",
                "Event.RESUME_CP: False, Event.REGISTERED: False}.get(event",
            )
        ],
        _on_monitors(Kind.CUT, 12, 1),
    ),
    Mutant(
        "price_of_registration",
        "A point brings its first price with each registration.",
        [
            Patch(
                "central/handlers/enrolment.py",
                "            detail=None,\n            holder=unit.instance,",
                "            detail=None,\n            price_per_kwh=request.price_per_kwh or point.price_per_kwh,\n"
                "            holder=unit.instance,",
            )
        ],
        _on_monitors(Kind.CUT, 12, 1),
    ),
    Mutant(
        "readings_not_journaled",
        "Engine tells readings that its journal does not have.",
        [
            Patch(
                "charging_point/engine/point.py",
                "if fresh else []\n        )",
                "if not fresh else []\n        )",
            )
        ],
        [
            Fault(at, Kind.KILL, f"engine-{cp_id}", 1)
            for at, cp_id in ((4, "CP001"), (6, "CP002"), (10, "CP001"), (12, "CP002"), (16, "CP001"), (18, "CP002"))
        ],
    ),
    Mutant(
        "owed_forgotten",
        "An Engine that starts again forgets what Central has not acknowledged.",
        [
            Patch(
                "charging_point/engine/point.py",
                "        for completion in self._found.owed.values():\n            self.completions.add(completion, now)\n",
                "",
            )
        ],
        [
            Fault(2, Kind.FAILPOINT, "engine-CP001", 12, "engine.kafka_acked=1"),
            Fault(3, Kind.FAILPOINT, "engine-CP002", 12, "engine.kafka_acked=1"),
        ],
    ),
    Mutant(
        "late_readings_taken",
        "A reading is stored and told however late it comes.",
        [
            Patch(
                "central/domain/metering.py",
                "        if energy_wh < energy:\n            late += 1\n        elif energy_wh > energy or",
                "        if energy_wh != energy or",
            ),
            Patch(
                "central/domain/sessions.py",
                "            return energy_wh >= self.energy_wh\n",
                "            return True\n",
            ),
        ],
        _often(Kind.DUPLICATE, "records", *range(4, 24, 2), detail="20"),
    ),
    Mutant(
        "outbox_kept",
        "What was sent is never taken off the outbox.",
        [
            Patch(
                "central/store/records.py",
                "        _SENT.do(self._connection, ids=ids)\n",
                "        del ids\n",
            )
        ],
    ),
)


def mutated(mutant: Mutant | None, folder: Path) -> Path:
    """A copy of the tree with the mutant's words in it; raises ValueError when they no longer fit."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for patch in mutant.patches if mutant else ():
        place = folder / patch.path
        text = place.read_text(encoding="utf-8")
        if text.count(patch.old) != 1:
            raise ValueError(f"{patch.path} no longer has the words that {mutant and mutant.name} replaces")
        place.write_text(text.replace(patch.old, patch.new), encoding="utf-8")
    return folder
