"""
Seals secrets for the database, and finds or makes the key for it. HMAC needs the secrets themselves, so they cannot be kept as
hashes; who reads the database without the key learns none of them. `cryptography` is loaded when a vault is made.
"""

import os
import re
from base64 import b64decode, b64encode
from pathlib import Path

from common import secret_files
from common.errors import BadSetting, CannotStart
from common.settings import SECRETS_KEY_ENV, read_secrets_key, read_text
from common.words import access as words
from common.words.system import why

_KEY_BYTES, _NONCE_BYTES = 32, 12
_BETWEEN_CENTRALS = b"ev-charging central_commands"


class WrongKey(Exception):
    """What is sealed was sealed with another key, or for somebody else."""


class Vault:
    def __init__(self, key: bytes) -> None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - heavy, and many programs need none of it
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        self._invalid = InvalidTag
        self._cipher = AESGCM(key)
        self._key = key

    def seal(self, role: str, id_: str, secret: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return b64encode(nonce + self._cipher.encrypt(nonce, secret.encode(), _whose(role, id_))).decode()

    def unseal(self, role: str, id_: str, sealed: str) -> str:
        """Raises WrongKey; also for what was sealed for another: nobody gets somebody else's by a swap of rows."""
        try:
            data = b64decode(sealed, validate=True)
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _whose(role, id_)).decode()
        except (self._invalid, ValueError):
            raise WrongKey from None

    def between_centrals(self) -> str:
        """What Centrals that share this key sign their commands to each other with."""
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=_BETWEEN_CENTRALS).derive(self._key).hex()


def _whose(role: str, id_: str) -> bytes:
    return f"{role}|{id_}".encode()


def find_vault(path: Path) -> Vault | None:
    """That of EV_SECRETS_KEY, else of the file; None where there is neither. Raises BadSetting for what is no key."""
    told = read_secrets_key()
    if told is not None:
        return Vault(_key(told, SECRETS_KEY_ENV))
    return Vault(_key(read_text(path), str(path))) if path.exists() else None


def make_vault(path: Path) -> Vault:
    """With a new key in a new file; where somebody else just made one, with that."""
    try:
        secret_files.keep(path, secret_files.new_secret())
    except FileExistsError:
        pass
    except OSError as wrong:
        raise CannotStart(words.CANNOT_WRITE(path=path, why=why(str(wrong.strerror)))) from None
    return Vault(_key(read_text(path), str(path)))


def _key(text: str, where: str) -> bytes:
    if not re.fullmatch(rf"[0-9A-Fa-f]{{{2 * _KEY_BYTES}}}", text.strip()):
        raise BadSetting(words.NO_KEY(where=where, digits=2 * _KEY_BYTES))
    return bytes.fromhex(text.strip())
