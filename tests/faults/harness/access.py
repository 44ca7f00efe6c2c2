"""Who is who in a run with authentication: secrets of its own, by which words its programs use them, and proofs of the harness's."""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from common.auth import SIGNATURE, record_signature, signature
from common.clock import SystemClock
from common.errors import CannotStart
from common.ids import random_id
from common.messages import AuthRequest, AuthResponse
from common.net.link import Link

OPERATOR = "operator"
_ID_FIELD = {"driver": "driver_id", "admin": "admin_id"}


class Access:
    """Without a folder nobody proves anything, and no program is told to."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def enroll(
        self, env: Mapping[str, str], database: str, points: Iterable[str], drivers: Iterable[str]
    ) -> None:
        """Before the first Central starts, as an operator does it; raises CannotStart."""
        if self._folder is None:
            return
        others = [*(f"point:{one}" for one in points), *(f"driver:{one}" for one in drivers)]
        words = ["--database", database, "--secrets-key-file", str(self._key), "enroll", "--dir", str(self._folder)]
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "central.admin", *words, "admin", OPERATOR, *others,
            env=dict(env), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, complaint = await made.communicate()
        if made.returncode:
            raise CannotStart(f"Nobody could be enrolled: {complaint.decode(errors='replace').strip()}")

    @property
    def _key(self) -> Path:
        assert self._folder is not None
        return self._folder / "secrets.key"

    # -- the programs

    def of_central(self) -> list[str]:
        return ["--no-auth"] if self._folder is None else ["--auth", "--secrets-key-file", str(self._key)]

    def of_point(self, cp_id: str) -> list[str]:
        """Its Monitor proves it, and its Engine signs for it."""
        return self._shown("point", cp_id)

    def of_driver(self, driver_id: str) -> list[str]:
        return self._shown("driver", driver_id)

    def _shown(self, role: str, id_: str) -> list[str]:
        return [] if self._folder is None else ["--secret-file", str(self._folder / f"{role}-{id_}.secret")]

    # -- the harness's own drivers and operator

    async def admit(self, link: Link, role: Literal["driver", "admin"], id_: str) -> bool:
        """Prove it on a new link; whether Central believed it. Raises TransportLost."""
        if self._folder is None:
            return True
        now, nonce = SystemClock().now().wall, random_id()
        signed = signature(self._secret(role, id_), role, id_, now, nonce)
        said: dict[str, Any] = {"message_id": random_id(), "timestamp": now, "role": role, _ID_FIELD[role]: id_}
        link.send(AuthRequest.model_validate({**said, "nonce": nonce, "signature": signed}))
        async for answer in link:
            return isinstance(answer, AuthResponse) and answer.succeeded
        return False

    def headers(self, role: Literal["driver", "point"], id_: str, value: bytes) -> list[tuple[str, bytes]]:
        """What signs a record of theirs."""
        if self._folder is None:
            return []
        return [(SIGNATURE, record_signature(self._secret(role, id_), value).encode())]

    def _secret(self, role: str, id_: str) -> str:
        assert self._folder is not None
        return (self._folder / f"{role}-{id_}.secret").read_text().strip()
