"""Credentials and their vault: which secrets count, and who can open them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from central.credentials import Credentials
from central.domain.credentials import Credential, enrolled
from central.vault import Vault, WrongKey, find_vault, make_vault
from common.clock import ManualClock
from common.errors import BadSetting, CannotStart
from common.settings import SECRETS_KEY_ENV

NEW = enrolled("driver", "D1", "first", by="ruth", now=100.0)


def test_who_is_enrolled_has_one_secret_that_counts() -> None:
    assert (NEW.is_live, NEW.counting(100.0)) == (True, ("first",))


def test_after_a_rotation_the_old_one_counts_until_its_time_is_over_and_the_one_before_it_not_at_all() -> None:
    once = NEW.rotated("second", keep_old_s=60, by="boss", now=200.0)
    assert [once.counting(at) for at in (200.0, 259.0, 260.0)] == [
        ("second", "first"),
        ("second", "first"),
        ("second",),
    ]
    twice = once.rotated("third", keep_old_s=60, by="boss", now=210.0)
    assert twice.counting(211.0) == ("third", "second")
    assert once.rotated("third", keep_old_s=0, by="boss", now=210.0).counting(210.0) == ("third",)
    assert (once.created_by, once.changed_by, once.changed_at) == ("ruth", "boss", 200.0)


def test_who_is_revoked_has_none_and_is_remembered() -> None:
    gone = NEW.rotated("second", keep_old_s=60, by="boss", now=200.0).revoked(by="boss", now=201.0)
    assert gone == Credential(
        role="driver",
        id="D1",
        created_at=100.0,
        created_by="ruth",
        changed_at=201.0,
        changed_by="boss",
        revoked_at=201.0,
    )
    assert (gone.is_live, gone.counting(201.0)) == (False, ())


def test_a_secret_is_not_shown_with_what_it_belongs_to() -> None:
    assert "first" not in repr(NEW)


def test_what_is_sealed_opens_with_the_same_key_for_the_same_one_only() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.seal("driver", "D1", "a secret")
    assert vault.unseal("driver", "D1", sealed) == "a secret"
    assert vault.seal("driver", "D1", "a secret") != sealed
    for other, role, id_, text in (
        (Vault(b"x" * 32), "driver", "D1", sealed),
        (vault, "driver", "D2", sealed),
        (vault, "point", "D1", sealed),
        (vault, "driver", "D1", sealed[:-4] + "AAAA"),
        (vault, "driver", "D1", "no base64!"),
        (vault, "driver", "D1", ""),
    ):
        with pytest.raises(WrongKey):
            other.unseal(role, id_, text)


def test_centrals_of_one_key_sign_alike_and_not_with_the_key_itself() -> None:
    one, other = Vault(b"k" * 32), Vault(b"x" * 32)
    assert one.between_centrals() == Vault(b"k" * 32).between_centrals()
    assert len({one.between_centrals(), other.between_centrals(), (b"k" * 32).hex()}) == 3


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secrets.key"
    assert find_vault(path) is None
    sealed = make_vault(path).seal("point", "CP1", "a secret")
    assert (path.stat().st_mode & 0o777, [one.name for one in path.parent.iterdir()]) == (0o600, ["secrets.key"])
    found = find_vault(path)
    assert found is not None
    assert found.unseal("point", "CP1", sealed) == "a secret"
    assert make_vault(path).unseal("point", "CP1", sealed) == "a secret"


def test_the_environment_has_the_first_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRETS_KEY_ENV, "6b" * 32)
    found = find_vault(tmp_path / "none")
    assert found is not None
    assert found.unseal("point", "CP1", Vault(b"k" * 32).seal("point", "CP1", "a secret")) == "a secret"


def test_what_is_no_key_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secrets.key"
    path.write_text("not hexadecimal\n")
    with pytest.raises(BadSetting, match=rf"{path} must hold the key .* 64 hexadecimal digits"):
        find_vault(path)
    monkeypatch.setenv(SECRETS_KEY_ENV, "abc")
    with pytest.raises(BadSetting, match="EV_SECRETS_KEY must hold the key"):
        find_vault(path)


def test_a_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"Cannot write .*/file/secrets\.key"):
        make_vault(tmp_path / "file" / "secrets.key")


class Waiting:
    """A store whose answers the test gives, in whatever order."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[list[Credential]]] = []

    async def read(self, _: object) -> list[Credential]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return await self.asked[-1]


async def test_of_two_looks_at_once_the_one_that_saw_more_counts(tmp_path: Path) -> None:
    store, vault = Waiting(), make_vault(tmp_path / "secrets.key")
    known = Credentials(store, ManualClock(), required=True, data_dir=tmp_path, key_file=None)  # type: ignore[arg-type]
    known._vault = vault
    first = replace(NEW, secret=vault.seal("driver", "D1", "first"), change=1)
    second = replace(NEW, secret=vault.seal("driver", "D1", "second"), change=2)
    looks = [asyncio.ensure_future(known.look()) for _ in range(2)]
    await asyncio.sleep(0)
    store.asked[1].set_result([second])
    await looks[1]
    store.asked[0].set_result([first])
    await looks[0]
    assert known.secrets_of("driver", "D1") == ("second",)
