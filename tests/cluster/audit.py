"""Whether the books are right: the database against the Engines' journals and what the drivers were told."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from sqlalchemy import Connection, text

from tests.cluster.drivers import Told


@dataclass(frozen=True, slots=True)
class Metered:
    """What an Engine's journal says of one session."""

    session_id: str
    cp_id: str
    energy_wh: int


def journal_sessions(paths: Iterable[Path]) -> dict[str, Metered]:
    """Read with the journal's documented format alone, not with the code that wrote it."""
    found: dict[str, Metered] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)["entry"]
            if entry["entry"] != "finished":
                continue
            said = entry["completion"]
            assert said["session_id"] not in found, f"{said['session_id']} ended twice"
            energy = int(Decimal(str(said["energy_consumed_kwh"])) * 1000)
            found[said["session_id"]] = Metered(said["session_id"], said["cp_id"], energy)
    return found


@dataclass(frozen=True, slots=True)
class Booked:
    session_id: str
    cp_id: str
    state: str
    energy_wh: int
    price: Decimal
    cost: Decimal


def booked_sessions(connection: Connection) -> dict[str, Booked]:
    rows = connection.execute(
        text("SELECT session_id, cp_id, state, energy_wh, price_per_kwh, total_cost FROM sessions")
    )
    return {
        row.session_id: Booked(
            row.session_id,
            row.cp_id,
            row.state,
            row.energy_wh,
            Decimal(row.price_per_kwh).scaleb(-4),
            Decimal(row.total_cost).scaleb(-2),
        )
        for row in rows
    }


def faults(metered: dict[str, Metered], booked: dict[str, Booked], told: Sequence[Told]) -> list[str]:
    """Every sentence is a fault of the network; none means that the account is right."""
    return [*_books_against_journals(metered, booked), *_drivers_against_books(booked, told)]


def _books_against_journals(metered: dict[str, Metered], booked: dict[str, Booked]) -> list[str]:
    found = [f"{s} is metered but not in the books" for s in metered.keys() - booked.keys()]
    for session in booked.values():
        mine = metered.get(session.session_id)
        match session.state:
            case "FINISHED" if mine is None:
                found.append(f"{session.session_id} is billed but no Engine metered it")
            case "FINISHED" if mine is not None:
                if (mine.energy_wh, mine.cp_id) != (session.energy_wh, session.cp_id):
                    found.append(f"{session.session_id}: metered {mine}, booked {session}")
                right = (Decimal(mine.energy_wh) / 1000 * session.price).quantize(Decimal("0.01"), ROUND_HALF_UP)
                if session.cost != right:
                    found.append(f"{session.session_id} costs {session.cost} instead of {right}")
            case "REFUSED":
                if session.energy_wh or session.cost:
                    found.append(f"{session.session_id} was refused but has {session}")
            case state:
                found.append(f"{session.session_id} is still {state}")
    return found


def _drivers_against_books(booked: dict[str, Booked], told: Sequence[Told]) -> list[str]:
    found: list[str] = []
    for one in told:
        found += [f"no answer to {request}" for request in one.unanswered]
        found += [f"no ticket for {session}" for session in one.without_ticket]
        for request, answers in one.answers.items():
            if len({(a.status, a.error, a.session_id) for a in answers}) > 1:
                found.append(f"{request} got different answers: {answers}")
        for session_id, tickets in one.tickets.items():
            told_of = {(t.energy_consumed_kwh, t.total_cost) for t in tickets}
            session = booked[session_id]
            if told_of != {(Decimal(session.energy_wh).scaleb(-3), session.cost)}:
                found.append(f"{session_id}: the ticket says {told_of}, the books {session}")
        for session_id, energies in one.energies.items():
            if energies and max(energies) > Decimal(booked[session_id].energy_wh).scaleb(-3):
                found.append(f"{session_id}: the driver was told {max(energies)} kWh, the books have less")
    return found
