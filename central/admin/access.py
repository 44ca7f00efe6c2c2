"""
`ev-admin enroll`, `rotate`, `revoke` and `credentials`: asked of a Central, or with --database done on the database itself.

A secret is made here. It is in its file before anybody accepts it; where it goes into none, it is shown once.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from central.admin.arguments import one_of, point, told
from central.admin.console.answers import show_json, show_list
from central.admin.errand import ask, inquire
from central.admin.settings import AdminSettings
from common import secret_files
from common.command import FAILED, OK, with_settings
from common.errors import BadSetting, CannotStart
from common.messages.operating import CREDENTIAL_ROLES, LEAST_SECRET, LONGEST_KEPT_S, MOST_SECRET, Command
from common.settings import read_secret
from common.words import access as words
from common.words import admin_cli
from common.words.system import why


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command; `refused` where it surely was not done."""

    done: bool
    sentence: str = ""
    refused: bool = False


#: Does one command; what was refused was said.
Do = Callable[[Command, Mapping[str, JsonValue]], Outcome]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_USUALLY_KEPT = "1d"

Whose = Annotated[str, typer.Argument(metavar="ROLE", help="point, driver or admin")]
Id = Annotated[str, typer.Argument(metavar="ID", help="cp_id, driver_id or admin_id")]
Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help="cp_id, driver_id or admin_id; several, and ROLE:ID, only with --dir"),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="put the secret into this new file")]
Given = Annotated[Path | None, typer.Option("--from", metavar="FILE", help="take the secret from this file; make none")]
Folder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="put it into DIR/ROLE-ID.secret, or take the one that is there already"),
]


@with_settings(AdminSettings)
def enroll(
    settings: AdminSettings, role: Whose, ids: Ids, out: Out = None, given: Given = None, folder: Folder = None
) -> int:
    """Make a point, a driver or an operator known by a secret."""
    everybody = [_named(role, one) for one in ids]
    if (folder is not None and (out or given)) or (folder is None and len(ids) > 1):
        raise BadSetting(words.ONE_PLACE())
    _check(out, given)
    with _doing(settings) as do:
        for whose, id_ in everybody:
            file = folder / f"{whose}-{id_}.secret" if folder is not None else out
            taken = file if folder is not None and file is not None and file.exists() else given
            if not _hand_over(settings, do, "enroll", {"role": whose, "id": id_}, file, taken):
                return FAILED
    return OK


@with_settings(AdminSettings)
def rotate(
    settings: AdminSettings,
    role: Whose,
    id_: Id,
    keep_old: Annotated[
        str, typer.Option(metavar="DURATION", help="the old one counts for so long too: 30m, 12h, 1d; 0 ends it now")
    ] = _USUALLY_KEPT,
    out: Out = None,
    given: Given = None,
) -> int:
    """Give somebody a new secret; the old one counts for a while too."""
    whose = one_of("ROLE", role, CREDENTIAL_ROLES)
    who: dict[str, JsonValue] = {"role": whose, "id": point(id_, words.NO_ID), "keep_old_s": seconds(keep_old)}
    _check(out, given)
    with _doing(settings) as do:
        return OK if _hand_over(settings, do, "rotate", who, out, given) else FAILED


@with_settings(AdminSettings)
def revoke(settings: AdminSettings, role: Whose, id_: Id) -> int:
    """Take somebody's secret away; its links end within seconds."""
    who = {"role": one_of("ROLE", role, CREDENTIAL_ROLES), "id": point(id_, words.NO_ID)}
    with _doing(settings) as do:
        outcome = do("revoke", who)
    if outcome.done:
        _tell(settings, outcome.sentence, who)
    return OK if outcome.done else FAILED


@with_settings(AdminSettings)
def list_credentials(
    settings: AdminSettings,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="only these: point, driver or admin")] = None,
) -> int:
    """Show who is enrolled or was; never a secret."""
    args = told(role=one_of("--role", role, CREDENTIAL_ROLES) if role is not None else None)
    if settings.database is None:
        return ask(settings, "list_credentials", args, partial(show_list, "credentials"))
    from central.admin.direct import opened  # noqa: PLC0415 - the database takes time to load, and few need it here

    with opened(settings) as direct:
        data: dict[str, JsonValue] = {"credentials": direct.credentials(args.get("role"))}
    (show_json if settings.json_ else partial(show_list, "credentials"))(data, sys.stdout)
    return OK


def seconds(text: str) -> float:
    """A duration as people write it."""
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text)
    length = int(found[1]) * _UNITS[found[2]] if found else LONGEST_KEPT_S + 1
    if length > LONGEST_KEPT_S:
        raise BadSetting(words.NO_DURATION(told=text[:40]))
    return float(length)


@contextmanager
def _doing(settings: AdminSettings) -> Iterator[Do]:
    """Where commands are carried out: by Central, or on the database itself."""
    if settings.database is None:
        yield partial(_by_central, settings)
        return
    from central.admin.direct import opened  # noqa: PLC0415 - as above

    with opened(settings) as direct:
        yield direct.do


def _by_central(settings: AdminSettings, command: Command, args: Mapping[str, JsonValue]) -> Outcome:
    status, inquiry = inquire(settings, command, args)
    return Outcome(status == OK, admin_cli.answer(inquiry.told), refused=inquiry.refused)


def _hand_over(
    settings: AdminSettings,
    do: Do,
    command: Command,
    who: Mapping[str, JsonValue],
    file: Path | None,
    given: Path | None,
) -> bool:
    """The secret into its file, then to Central, then to its person; whether it was done."""
    secret = secret_files.new_secret() if given is None else _checked(given)
    made = file if file is not None and file != given else None
    if made is not None:
        _keep(made, secret)
    outcome = do(command, {**who, "secret": secret})
    if outcome.done:
        _tell(settings, outcome.sentence, who, file=file, secret=secret if file is None and given is None else None)
    elif made is not None and outcome.refused:
        made.unlink(missing_ok=True)
    elif made is not None:
        sys.stderr.write(f"ev-admin: {words.UNCERTAIN(path=made)}\n")
    return outcome.done


def _named(role: str, text: str) -> tuple[str, str]:
    """Whose it is, and its id: of another role than the others where that stands in front of it."""
    told_role, _, id_ = text.rpartition(":")
    return one_of("ROLE", told_role or role, CREDENTIAL_ROLES), point(id_, words.NO_ID)


def _check(out: Path | None, given: Path | None) -> None:
    """What is wrong about the files is told before anything is asked of anybody."""
    if given is not None:
        _checked(given)
    if out is not None and out.exists() and out != given:
        raise BadSetting(words.FILE_IS_THERE(path=out))


def _checked(path: Path) -> str:
    secret = read_secret(path)
    if not re.fullmatch(rf"[!-~]{{{LEAST_SECRET},{MOST_SECRET}}}", secret):
        raise BadSetting(words.NO_SECRET(path=path, least=LEAST_SECRET, most=MOST_SECRET))
    return secret


def _keep(path: Path, secret: str) -> None:
    try:
        secret_files.keep(path, secret)
    except FileExistsError:
        raise BadSetting(words.FILE_IS_THERE(path=path)) from None
    except OSError as wrong:
        raise CannotStart(words.CANNOT_WRITE(path=path, why=why(str(wrong.strerror)))) from None


def _tell(
    settings: AdminSettings,
    sentence: str,
    who: Mapping[str, JsonValue],
    *,
    file: Path | None = None,
    secret: str | None = None,
) -> None:
    """The secret alone on standard output, so that it can be put somewhere; what else is said, beside it."""
    if settings.json_:
        where = {} if file is None else {"file": str(file)}
        shown = {} if secret is None else {"secret": secret}
        show_json({"role": who["role"], "id": who["id"], **where, **shown}, sys.stdout)
        return
    sys.stderr.write(f"{sentence}\n")
    if file is not None:
        sys.stderr.write(f"{words.SECRET_IS_IN(path=file)}\n")
    if secret is not None:
        sys.stderr.write(f"{words.SHOWN_ONCE()}\n")
        sys.stderr.flush()
        sys.stdout.write(f"{secret}\n")
