"""The operator's command line, and its composition root."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Optional, TextIO

import typer
from pydantic import JsonValue

from central.admin import access
from central.admin.arguments import (
    POINT_ORDERS,
    POINT_STATUSES,
    SESSION_STATUSES,
    id_of,
    one_of,
    point,
    point_or_all,
    price_of,
    search_of,
    some_of,
    told,
)
from central.admin.console.answers import Entry, show_figures, show_json, show_list, show_sentence, show_story
from central.admin.console.show import show
from central.admin.errand import ask, inquire
from central.admin.exports import COMMANDS, FORMS, KINDS, STANDARD_OUTPUT, exported, form_of
from central.admin.settings import AdminSettings
from common.command import OK, VersionFlag, new_app, run_app, shared_settings, with_settings
from common.errors import CannotStart
from common.process import run_process
from common.ui.terminal import is_terminal
from common.words.admin import NOT_A_TERMINAL
from common.words.admin_cli import NOTHING
from common.words.exports import written

app = new_app("Look at the network and act on it, as its operator.")

#: Rows of a page where all of them are wanted; Central gives as many of these as a frame holds.
_WIDE_PAGE = 1000

Point = Annotated[str, typer.Argument(metavar="CP", help="cp_id of the charging point, or '*' for all")]
OfPoint = Annotated[str | None, typer.Option("--cp", metavar="CP", help="only those at this charging point")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="so many")]


@app.callback()
@shared_settings(AdminSettings)
def options(version: VersionFlag = False) -> None:
    """Look at the network and act on it, as its operator."""


@app.command()
@with_settings(AdminSettings)
def cps(
    settings: AdminSettings,
    search: Annotated[str | None, typer.Option(metavar="TEXT", help="only where id, name or address have this")] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="STATUS", help=f"only these: {', '.join(POINT_STATUSES)}; may be repeated"),
    ] = None,
    sort: Annotated[str | None, typer.Option(metavar="BY", help=f"order: {', '.join(POINT_ORDERS)}")] = None,
    descending: Annotated[bool, typer.Option("--desc", help="the other way round")] = False,
) -> int:
    """Show charging points."""
    args = told(
        search=search_of(search) if search is not None else None,
        status=some_of("--status", status, POINT_STATUSES),
        sort=one_of("--sort", sort, POINT_ORDERS) if sort is not None else None,
        descending=descending,
    )
    return ask(settings, "list_cps", args, partial(show_list, "charging_points"))


@app.command()
@with_settings(AdminSettings)
def sessions(
    settings: AdminSettings,
    only_open: Annotated[bool, typer.Option("--open", help="only those that run")] = False,
    cp: OfPoint = None,
    driver: Annotated[str | None, typer.Option(metavar="ID", help="only those of this driver")] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="STATUS", help=f"only these: {', '.join(SESSION_STATUSES)}; may be repeated"),
    ] = None,
    limit: Limit = 100,
) -> int:
    """Show sessions, newest first."""
    args = told(
        cp_id=point(cp) if cp is not None else None,
        driver_id=id_of(driver) if driver is not None else None,
        status=some_of("--status", status, SESSION_STATUSES),
    )
    asked: dict[str, JsonValue] = {"open": only_open, "limit": limit, **args}
    return ask(settings, "list_sessions", asked, partial(show_list, "sessions"), most=limit)


@app.command()
@with_settings(AdminSettings)
def events(
    settings: AdminSettings,
    cp: OfPoint = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="only those of this session")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="only these, such as claimed or completed; may be repeated")
    ] = None,
    limit: Limit = 100,
) -> int:
    """Show what happened, newest first."""
    args = told(
        limit=limit,
        cp_id=point(cp) if cp is not None else None,
        session_id=id_of(session) if session is not None else None,
        kind=[id_of(one) for one in kind] if kind else None,
    )
    return ask(settings, "list_events", args, _show_events, most=limit)


@app.command()
@with_settings(AdminSettings)
def export(
    settings: AdminSettings,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="sessions or events")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="FILE.csv or FILE.json; - for standard output")],
    form: Annotated[str | None, typer.Option("--format", metavar="csv|json", help="whatever the file's ending")] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite the file if it is there")] = False,
) -> int:
    """Write all sessions or events, newest first, to a file."""
    kind = one_of("WHAT", what, KINDS)
    chosen = form_of(file, one_of("--format", form, FORMS) if form is not None else None)
    with exported(file, kind, chosen, force=force) as out:
        status, _ = inquire(settings, COMMANDS[kind], {"limit": _WIDE_PAGE}, on_page=lambda page: out.take(page[kind]))
        if status == OK:
            out.finish()
    if status == OK and file != STANDARD_OUTPUT:
        if settings.json_:
            show_json({kind: out.rows, "file": file}, sys.stdout)
        else:
            show_sentence(written(kind, out.rows, file), sys.stdout)
    return status


@app.command()
@with_settings(AdminSettings)
def drivers(settings: AdminSettings) -> int:
    """Show every driver, with what was charged in all."""
    return ask(settings, "list_drivers", {}, partial(show_list, "drivers"))


@app.command("stop-cp")
@with_settings(AdminSettings)
def stop_point(settings: AdminSettings, cp: Point) -> int:
    """Take a point out of service; a charge that runs there ends."""
    return ask(settings, "stop_cp", {"cp_id": point_or_all(cp)})


@app.command("resume-cp")
@with_settings(AdminSettings)
def resume_point(settings: AdminSettings, cp: Point) -> int:
    """Put a point back into service."""
    return ask(settings, "resume_cp", {"cp_id": point_or_all(cp)})


@app.command("stop-session")
@with_settings(AdminSettings)
def stop_session(
    settings: AdminSettings, session: Annotated[str, typer.Argument(metavar="ID", help="session_id of the charge")]
) -> int:
    """End one charge."""
    return ask(settings, "stop_session", {"session_id": id_of(session)})


# A price below 0 is a wrong price, not an option that nobody knows.
@app.command(context_settings={"ignore_unknown_options": True})
@with_settings(AdminSettings)
def price(
    settings: AdminSettings,
    cp: Point,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="price of one kWh, from the next session on")],
) -> int:
    """Set the price at a point."""
    return ask(settings, "set_price", {"cp_id": point_or_all(cp), "price_per_kwh": price_of(value)})


@app.command()
@with_settings(AdminSettings)
def trace(
    settings: AdminSettings,
    story: Annotated[str, typer.Argument(metavar="ID", help="message_id or session_id")],
) -> int:
    """Tell the story of a message or a session."""
    return ask(settings, "trace", {"id": id_of(story)}, show_story)


@app.command()
@with_settings(AdminSettings)
def stats(settings: AdminSettings) -> int:
    """Show Central's figures."""
    return ask(settings, "stats", {}, show_figures)


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


@app.command()
@with_settings(AdminSettings)
def console(
    settings: AdminSettings,
    hosted_by: Annotated[str, typer.Option("--hosted-by", metavar="NAME", hidden=True)] = "",
    notices_fd: Annotated[int | None, typer.Option("--notices-fd", metavar="N", hidden=True)] = None,
) -> int:
    """Open the full-screen console."""
    if not is_terminal():
        raise CannotStart(NOT_A_TERMINAL())
    return run_process(settings, lambda stop: show(settings, stop, hosted_by=hosted_by, notices=notices_fd))


app.command()(access.enroll)
app.command()(access.rotate)
app.command()(access.revoke)
app.command("credentials")(access.list_credentials)


def main() -> int:
    return run_app(app, "ev-admin")


def _show_events(data: Entry, out: TextIO) -> None:
    if data.get("events"):
        show_story(data, out)
    else:
        show_sentence(NOTHING(), out)
