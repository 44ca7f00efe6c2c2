"""`ev-up --auth`: who has a secret and where it stands, and the words by which the programs of this machine use it. No I/O but a look."""

import sys
from pathlib import Path

from common.errors import CannotStart
from common.words import up as words
from deploy.settings import UpSettings

OPERATOR = "operator"
#: Whom the guide tells people to try; the network's own driver has its secret too.
GUEST = "D002"


def drivers(settings: UpSettings) -> list[str]:
    return list(dict.fromkeys([settings.driver_id, GUEST]))


def file_of(settings: UpSettings, role: str, id_: str) -> Path:
    """As `ev-admin enroll --dir` calls it."""
    return settings.secrets_dir / f"{role}-{id_}.secret"


def key_file(settings: UpSettings) -> Path:
    return settings.data_dir / "secrets.key"


def command(settings: UpSettings) -> list[str]:
    """What makes everybody known before Central starts; again and again, it changes nothing any more."""
    where = ["--secrets-key-file", str(key_file(settings)), "enroll", "--dir", str(settings.secrets_dir)]
    others = [f"driver:{one}" for one in drivers(settings)] + [f"point:{one}" for one in settings.cp_ids]
    return [sys.executable, "-m", "central.admin", *where, "admin", OPERATOR, *others]


def check(settings: UpSettings) -> None:
    """Where Central is elsewhere, its operator made the secrets: raises CannotStart for the first that is not here."""
    needed = [("point", cp_id) for cp_id in settings.cp_ids]
    needed += [("driver", settings.driver_id)] if settings.driver or settings.once else []
    for role, id_ in needed:
        file = file_of(settings, role, id_)
        if not file.exists():
            raise CannotStart(words.NO_SECRET_HERE(file=file, role=role, id=id_, folder=settings.secrets_dir))


def of_central(settings: UpSettings) -> list[str]:
    return ["--auth", "--secrets-key-file", str(key_file(settings))] if settings.auth else ["--no-auth"]


def of_point(settings: UpSettings, cp_id: str) -> list[str]:
    """Its Monitor proves it, and its Engine signs for it."""
    return _shown(settings, "point", cp_id)


def of_driver(settings: UpSettings, driver_id: str) -> list[str]:
    return _shown(settings, "driver", driver_id)


def of_operator(settings: UpSettings) -> list[str]:
    shown = _shown(settings, "admin", OPERATOR)
    return ["--admin-id", OPERATOR, *shown] if shown else []


def _shown(settings: UpSettings, role: str, id_: str) -> list[str]:
    return ["--secret-file", str(file_of(settings, role, id_))] if settings.auth else []
