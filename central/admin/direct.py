"""
Credentials changed in Central's database itself: the first of them, where no Central runs yet, and where no operator gets in any
more. The only part of ev-admin that knows the database; who may write there needs no other proof.
"""

import getpass
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue

from central.admin.access import Outcome
from central.admin.settings import AdminSettings
from central.credentials import KEY_FILE, open_vault
from central.handlers.orders import Refusal
from central.handlers.registrar import Clerk, shown
from central.store.direct import DirectDatabase
from common.clock import SystemClock
from common.messages.operating import ARGUMENTS, Command, Enroll, Revoke, Rotate
from common.telemetry import start_logging
from common.words import admin_cli
from common.words.errors import refusal

_USUAL_FOLDER = Path("ev-data")


class Direct:
    def __init__(self, database: DirectDatabase, key_file: Path) -> None:
        self._database = database
        self._vault = open_vault(database.credentials(), key_file)

    def do(self, command: Command, args: Mapping[str, JsonValue]) -> Outcome:
        wanted = ARGUMENTS[command].model_validate(args)
        assert isinstance(wanted, Enroll | Rotate | Revoke)
        now, by = SystemClock().now().wall, f"local:{getpass.getuser()}"[:100]
        try:
            sentence = self._database.write(lambda unit: Clerk(unit, self._vault, by=by, now=now).do(wanted))
        except Refusal as no:
            sys.stderr.write(f"ev-admin: {refusal(no.code, no.sentence)}\n")
            return Outcome(done=False, refused=True)
        return Outcome(done=True, sentence=admin_cli.answer(sentence))

    def credentials(self, role: JsonValue) -> list[JsonValue]:
        found = sorted(self._database.credentials(), key=lambda one: (one.role, one.id))
        return [shown(one) for one in found if role in (None, one.role)]


@contextmanager
def opened(settings: AdminSettings) -> Iterator[Direct]:
    """With the key beside a SQLite file, unless told otherwise; raises CannotStart and BadSetting."""
    assert settings.database is not None
    start_logging(settings.log_format, settings.log_level)
    database = DirectDatabase(settings.database)
    try:
        folder = database.folder or _USUAL_FOLDER
        yield Direct(database, settings.secrets_key_file or folder / KEY_FILE)
    finally:
        database.close()
