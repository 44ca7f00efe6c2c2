"""`ev-admin enroll`, `rotate`, `revoke` and `credentials` as a person calls them: of a Central, and on the database itself."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.played_central import Ended
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

#: What the session around the tests has set must not reach the programs under test.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("EV_")}
SECRET = re.compile(r"\b[0-9a-f]{64}\b")
SECRET_FILES = (".secret", ".new", ".key")
WITHIN_S = 60.0


class Desk:
    """Where an operator works: a folder, and a Central in it that wants proofs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "central.err"
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        self.said: list[str] = []
        #: Secrets that were shown to the operator alone.
        self.shown: list[str] = []

    def start_central(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "central", "--port", "0", "--kafka", "127.0.0.1:9", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        while not self.address:
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            self.said.append(line.strip())
            if "listening on" in line:
                self.address = line.split()[-1]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.communicate(timeout=20)
            self.process = None

    def admin(self, *arguments: str, secret: str | None = "ev-data/operator.secret") -> Ended:
        proof = [] if secret is None else ["--secret-file", secret]
        where = ["--central", self.address] if self.address else []
        done = subprocess.run(
            [sys.executable, "-m", "central.admin", *where, *proof, *arguments],
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def direct(self, *arguments: str) -> Ended:
        return self.admin("--database", "sqlite:///ev-data/central.db", *arguments, secret=None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Afterwards no file holds a secret but those that are for one: no log, no database."""
    made = Desk(tmp_path)
    yield made
    made.stop()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    secrets = [path.read_text().strip() for path in files if path.suffix in SECRET_FILES] + made.shown
    others = [path for path in files if path.suffix not in SECRET_FILES]
    assert [path for path in others if any(secret.encode() in path.read_bytes() for secret in secrets)] == []


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_stranger_is_told_what_to_do_and_a_secret_is_shown_once(desk: Desk) -> None:
    desk.start_central()
    stranger = desk.admin("cps", secret=None)
    what_to_do = "Prove first who you are: ev-admin enroll admin ID makes the secret, --secret-file gives it"
    assert stranger == Ended(1, "", f"ev-admin: {what_to_do} (not_authenticated).\n")
    shown = desk.admin("enroll", "driver", "D1")
    assert shown.status == 0
    assert SECRET.fullmatch(shown.out.strip())
    assert shown.err == (
        "driver D1 is enrolled.\nThis secret is shown only now; put it into a file for --secret-file.\n"
    )
    desk.shown.append(shown.out.strip())


def test_a_secret_goes_into_a_file_that_only_its_owner_reads(desk: Desk) -> None:
    desk.start_central()
    filed = desk.admin("enroll", "point", "CP1", "--out", "cp1.secret")
    assert filed == Ended(0, "", "point CP1 is enrolled.\nThe secret is in cp1.secret\n")
    assert mode(desk.folder / "cp1.secret") == 0o600
    again = desk.admin("enroll", "point", "CP1", "--out", "other.secret")
    refused = "ev-admin: point CP1 is enrolled already; rotate gives it a new secret (bad_argument).\n"
    assert again == Ended(1, "", refused)
    assert not (desk.folder / "other.secret").exists()
    turned = desk.admin("rotate", "point", "CP1", "--keep-old", "2h", "--out", "cp1.new")
    told = "point CP1 has a new secret; the old one counts for 7200 s more.\nThe secret is in cp1.new\n"
    assert turned == Ended(0, "", told)


def test_another_operator_is_told_apart(desk: Desk) -> None:
    desk.start_central()
    assert desk.admin("enroll", "admin", "ruth", "--out", "ruth.secret").status == 0
    ruth = ("--admin-id", "ruth")
    revoked = desk.admin(*ruth, "revoke", "admin", "operator", secret="ruth.secret")
    assert revoked == Ended(0, "", "admin operator is no longer accepted.\n")
    listed = json.loads(desk.admin(*ruth, "--json", "credentials", secret="ruth.secret").out)["credentials"]
    assert [(one["role"], one["id"], one["changed_by"], one["revoked_at"] is None) for one in listed] == [
        ("admin", "operator", "ruth", False),
        ("admin", "ruth", "operator", True),
    ]
    shown = desk.admin(*ruth, "credentials", secret="ruth.secret").out.splitlines()
    assert [line.split()[:2] for line in shown] == [["role", "id"], ["admin", "operator"], ["admin", "ruth"]]
    events = json.loads(desk.admin(*ruth, "--json", "events", "--kind", "revoked", secret="ruth.secret").out)
    assert [one["text"] for one in events["events"]] == ["ruth revoked admin operator."]


def test_the_only_admin_stays(desk: Desk) -> None:
    desk.start_central()
    refused = desk.admin("revoke", "admin", "operator")
    assert (refused.status, refused.err) == (
        1,
        "ev-admin: operator is the only admin; enroll another one first (bad_argument).\n",
    )


def test_before_there_is_a_central_the_database_itself_is_asked(desk: Desk) -> None:
    everybody = ("enroll", "point", "CP1", "driver:D1", "--dir", "secrets")
    many = desk.direct(*everybody)
    assert (many.status, many.out) == (0, "")
    files = [desk.folder / "secrets" / f"{name}.secret" for name in ("point-CP1", "driver-D1")]
    before = [(mode(file), file.read_text()) for file in files]
    assert [private for private, _ in before] == [0o600, 0o600]
    assert desk.direct(*everybody).status == 0
    assert [(mode(file), file.read_text()) for file in files] == before


def test_what_is_changed_in_the_database_counts_at_a_running_central(desk: Desk) -> None:
    boss = ("--admin-id", "boss")
    assert desk.direct("enroll", "admin", "boss", "--out", "boss.secret").status == 0
    desk.start_central()
    assert desk.said == [f"ev-central listening on {desk.address}"]  # it enrols nobody: there is an admin
    assert desk.direct("rotate", "admin", "boss", "--keep-old", "0", "--out", "boss.new").status == 0
    wait_until(lambda: desk.admin(*boss, "cps", secret="boss.new").status == 0, WITHIN_S, "the new secret")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("enroll", "car", "C1"), "ROLE must be one of point, driver, admin (it is 'car')."),
        (("enroll", "point", "C 1"), "'C 1' is no id (up to 36 letters, digits, '.', '_' and '-')."),
        (("enroll", "point", "A", "B"), "Give one ID with --out or --from, or any number of them with --dir."),
        (
            ("enroll", "point", "A", "--from", "short"),
            "short: a secret has 16 to 200 printable characters without blanks.",
        ),
        (
            ("enroll", "point", "A", "--out", "short"),
            "short is there already; name another file, or take the secret in it with --from.",
        ),
        (
            ("rotate", "point", "A", "--keep-old", "2y"),
            "--keep-old must be a duration of at most a year, such as 30m, 12h or 1d (it is '2y').",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_done(desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    (desk.folder / "short").write_text("abc\n")
    assert desk.direct(*arguments) == Ended(2, "", f"ev-admin: {sentence}\n")


def test_the_database_itself_with_another_key_is_left_alone(desk: Desk) -> None:
    assert desk.direct("enroll", "point", "CP1", "--out", "cp1.secret").status == 0
    (desk.folder / "ev-data" / "secrets.key").write_text("0" * 64)
    refused = desk.direct("enroll", "point", "CP2", "--out", "cp2.secret")
    assert (refused.status, "encrypted with another key" in refused.err) == (1, True)
    assert not (desk.folder / "cp2.secret").exists()
