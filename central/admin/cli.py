"""The operator's command line, and its composition root."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Annotated, Optional, TextIO

import typer
from pydantic import JsonValue, TypeAdapter, ValidationError

from central.admin.console import Entry, show_figures, show_json, show_list, show_sentence, show_story
from central.admin.conversation import ANSWER_WITHIN_S, Conversation
from central.admin.inquiry import Inquiry
from central.admin.settings import AdminSettings
from common.clock import SystemClock
from common.command import FAILED, OK, VersionFlag, new_app, run_app, shared_settings, with_settings
from common.errors import BadSetting
from common.ids import random_id
from common.messages.fields import CpId, Price
from common.messages.operating import Command
from common.net.tls import of_client
from common.process import run_process

app = new_app("Look at the network and act on it, as its operator.")

ALL = "*"
_CP_ID: TypeAdapter[str] = TypeAdapter(CpId)
_PRICE: TypeAdapter[Decimal] = TypeAdapter(Price)
_LONGEST_ID = 64

Point = Annotated[str, typer.Argument(metavar="CP", help="cp_id of the charging point, or '*' for all")]
Show = Callable[[Entry, TextIO], None]


@app.callback()
@shared_settings(AdminSettings)
def options(version: VersionFlag = False) -> None:
    """Look at the network and act on it, as its operator."""


@app.command()
@with_settings(AdminSettings)
def cps(settings: AdminSettings) -> int:
    """Show every charging point."""
    return _ask(settings, "list_cps", {}, partial(show_list, "charging_points"))


@app.command()
@with_settings(AdminSettings)
def sessions(
    settings: AdminSettings,
    only_open: Annotated[bool, typer.Option("--open", help="only those that run")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="so many")] = 100,
) -> int:
    """Show sessions, newest first."""
    args: dict[str, JsonValue] = {"open": only_open, "limit": limit}
    return _ask(settings, "list_sessions", args, partial(show_list, "sessions"), most=limit)


@app.command()
@with_settings(AdminSettings)
def drivers(settings: AdminSettings) -> int:
    """Show every driver, with what was charged in all."""
    return _ask(settings, "list_drivers", {}, partial(show_list, "drivers"))


@app.command("stop-cp")
@with_settings(AdminSettings)
def stop_point(settings: AdminSettings, cp: Point) -> int:
    """Take a point out of service; a charge that runs there ends."""
    return _ask(settings, "stop_cp", {"cp_id": _point(cp)})


@app.command("resume-cp")
@with_settings(AdminSettings)
def resume_point(settings: AdminSettings, cp: Point) -> int:
    """Put a point back into service."""
    return _ask(settings, "resume_cp", {"cp_id": _point(cp)})


@app.command("stop-session")
@with_settings(AdminSettings)
def stop_session(
    settings: AdminSettings, session: Annotated[str, typer.Argument(metavar="ID", help="session_id of the charge")]
) -> int:
    """End one charge."""
    return _ask(settings, "stop_session", {"session_id": _story_id(session)})


@app.command()
@with_settings(AdminSettings)
def price(
    settings: AdminSettings,
    cp: Point,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="price of one kWh, from the next session on")],
) -> int:
    """Set the price at a point."""
    return _ask(settings, "set_price", {"cp_id": _point(cp), "price_per_kwh": _price(value)})


@app.command()
@with_settings(AdminSettings)
def trace(
    settings: AdminSettings,
    story: Annotated[str, typer.Argument(metavar="ID", help="message_id or session_id")],
) -> int:
    """Tell the story of a message or a session."""
    return _ask(settings, "trace", {"id": _story_id(story)}, show_story)


@app.command()
@with_settings(AdminSettings)
def stats(settings: AdminSettings) -> int:
    """Show Central's figures."""
    return _ask(settings, "stats", {}, show_figures)


@app.command()
def certs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="where they go; what is there already stays")],
    host: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads this form everywhere
        typer.Option("--host", metavar="NAME", help="name or address of a machine that listens; again for each"),
    ] = None,
    point: Annotated[
        Optional[list[str]],  # noqa: UP045 - as above
        typer.Option("--point", metavar="CP", help="point whose Monitor shows a certificate; again for each"),
    ] = None,
) -> int:
    """Make a private CA and certificates for trials."""
    from central.admin.certs import make  # noqa: PLC0415 - a heavy library that no other command needs

    for line in make(directory, host or ["localhost"], point or []):
        show_sentence(line, sys.stdout)
    return OK


def main() -> int:
    return run_app(app, "ev-admin")


def _ask(
    settings: AdminSettings,
    command: Command,
    args: Mapping[str, JsonValue],
    show: Show | None = None,
    *,
    most: int | None = None,
) -> int:
    """Ask Central, show the answer (without `show`: its sentence); gives the exit status."""
    inquiry = Inquiry(
        command, args, ids=random_id, most=most, admin_id=settings.admin_id, secret=settings.read_secret()
    )
    conversation = Conversation(
        inquiry,
        settings.central,
        clock=SystemClock(),
        ids=random_id,
        limit=settings.max_frame_bytes,
        within_s=ANSWER_WITHIN_S,
        tls=of_client(settings, settings.tls_ca),
    )
    status = run_process(settings, lambda stop: _hold(conversation, inquiry, stop))
    if status == OK:
        _show(settings, inquiry, show)
    return status


async def _hold(conversation: Conversation, inquiry: Inquiry, stop: asyncio.Event) -> int:
    talking, stopping = asyncio.ensure_future(conversation.hold()), asyncio.ensure_future(stop.wait())
    await asyncio.wait({talking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not talking.done():
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        sys.stderr.write("ev-admin: Interrupted before Central answered.\n")
        return FAILED
    await talking
    if inquiry.failure is not None:
        sys.stderr.write(f"ev-admin: {inquiry.failure}\n")
        return FAILED
    return OK


def _show(settings: AdminSettings, inquiry: Inquiry, show: Show | None) -> None:
    if settings.json_:
        show_json(inquiry.data, sys.stdout)
    elif show is not None:
        show(inquiry.data, sys.stdout)
    else:
        show_sentence(inquiry.told or "Done.", sys.stdout)


def _point(text: str) -> str:
    if text == ALL:
        return text
    try:
        return _CP_ID.validate_python(text)
    except ValidationError:
        raise BadSetting(
            f"{text[:60]!r} is no cp_id (up to 36 letters, digits, '.', '_' and '-'), and not '*' for all."
        ) from None


def _price(text: str) -> float:
    try:
        return float(_PRICE.validate_python(Decimal(text)))
    except (InvalidOperation, ValidationError):
        raise BadSetting(
            f"VALUE must be a price from 0 to 10000 with at most 4 decimals (it is {text[:60]!r})."
        ) from None


def _story_id(text: str) -> str:
    if not 1 <= len(text) <= _LONGEST_ID or not text.isprintable():
        raise BadSetting(f"{text[:60]!r} is no id (1 to {_LONGEST_ID} characters).")
    return text
