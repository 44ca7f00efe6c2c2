"""One question of the command line to Central: asked over a link of its own, shown, and turned into an exit status."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from pydantic import JsonValue

from central.admin.console.answers import Entry, show_json, show_sentence
from central.admin.conversation import ANSWER_WITHIN_S, Conversation
from central.admin.inquiry import Inquiry
from central.admin.settings import AdminSettings
from common.clock import SystemClock
from common.command import FAILED, OK
from common.ids import random_id
from common.messages.operating import Command
from common.net.tls import of_client
from common.process import run_process
from common.words import admin_cli as words

Show = Callable[[Entry, TextIO], None]
Pages = Callable[[Mapping[str, JsonValue]], None]


def ask(
    settings: AdminSettings,
    command: Command,
    args: Mapping[str, JsonValue],
    show: Show | None = None,
    *,
    most: int | None = None,
) -> int:
    """Ask Central, show the answer (without `show`: its sentence); gives the exit status."""
    status, inquiry = inquire(settings, command, args, most=most)
    if status == OK:
        _show(settings, inquiry, show)
    return status


def inquire(
    settings: AdminSettings,
    command: Command,
    args: Mapping[str, JsonValue],
    *,
    most: int | None = None,
    on_page: Pages | None = None,
) -> tuple[int, Inquiry]:
    """Ask Central for all pages; gives the exit status, and what came."""
    inquiry = Inquiry(
        command,
        args,
        ids=random_id,
        most=most,
        on_page=on_page,
        admin_id=settings.admin_id,
        secret=settings.read_secret(),
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
    return run_process(settings, lambda stop: _hold(conversation, inquiry, stop)), inquiry


async def _hold(conversation: Conversation, inquiry: Inquiry, stop: asyncio.Event) -> int:
    talking, stopping = asyncio.ensure_future(conversation.hold()), asyncio.ensure_future(stop.wait())
    await asyncio.wait({talking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not talking.done():
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        sys.stderr.write(f"ev-admin: {words.INTERRUPTED}\n")
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
        show_sentence(words.answer(inquiry.told) or words.DONE(), sys.stdout)
