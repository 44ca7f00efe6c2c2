"""The console from its start to its end: what it is made of, and how it leaves. The composition root of `ev-admin console`."""

import asyncio

from central.admin.attendant import Attendant
from central.admin.console.act import Console
from central.admin.desk import Desk
from central.admin.history import History
from central.admin.host import hear_host
from central.admin.known import Notice
from central.admin.line import Line
from central.admin.settings import AdminSettings
from common.clock import SystemClock
from common.command import FAILED, OK
from common.ids import random_id
from common.net.tls import of_client
from common.process import Tasks
from common.secret_files import new_secret
from common.settings import state_home
from common.ui.notes import Note, Notes
from common.ui.stage import Stage


async def show(settings: AdminSettings, stop: asyncio.Event, *, hosted_by: str, notices: int | None) -> int:
    """Until its person quits or it is told to stop. Under a host only quitting gives 0: nothing else must stop the host."""
    clock, tasks, leaving = SystemClock(), Tasks(stop), asyncio.Event()
    history = History(state_home() / "ev-admin" / "history")
    desk = Desk(history.lines, hosted_by, new_secret=new_secret)
    line = Line(
        settings.central,
        clock=clock,
        ids=random_id,
        limit=settings.max_frame_bytes,
        admin_id=settings.admin_id,
        secret=settings.read_secret(),
        tls=of_client(settings, settings.tls_ca),
    )

    def leave() -> None:
        leaving.set()
        stop.set()

    attendant = Attendant(desk, line, clock=clock, history=history, tasks=tasks, leave=leave)
    stage = Stage(Console(desk, attendant, clock))
    attendant.touch = stage.touch
    notes = Notes()
    notes.hear = lambda note: _hear(note, desk)
    notes.touch = stage.touch

    def hear(notice: Notice) -> None:
        desk.take_notice(notice)
        stage.touch()

    async def heed_host(descriptor: int) -> None:
        await hear_host(descriptor, hear)
        stop.set()

    with notes.instead():
        tasks.start("line", line.run())
        tasks.start("attendant", attendant.run())
        if notices is not None:
            tasks.start("host", heed_host(notices))
        try:
            await stage.play(stop)
        finally:
            await tasks.cancel()
    if tasks.failed:
        return FAILED
    return OK if leaving.is_set() or not hosted_by else FAILED


def _hear(note: Note, desk: Desk) -> None:
    desk.take_notice(Notice(note.at, note.level, note.text, note.ids.get("message_id", "")))
