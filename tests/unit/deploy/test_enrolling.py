"""`ev-up --auth`: who is enrolled, and what each program is told."""

from pathlib import Path

import pytest

from common.errors import CannotStart
from common.net.address import Address
from deploy import commands, enrolling
from tests.unit.deploy.conftest import settings

KAFKA, CENTRAL = Address("127.0.0.1", 9092), Address("127.0.0.1", 5000)


def test_everybody_is_enrolled_on_the_database_before_central_starts() -> None:
    told = settings(data_dir="d", points=2, auth=True)
    assert enrolling.command(told)[2:] == [
        *("central.admin", "--secrets-key-file", "d/secrets.key", "enroll", "--dir", "d/secrets", "admin", "operator"),
        *("driver:D001", "driver:D002", "point:CP001", "point:CP002"),
    ]
    assert commands.admin_env(told) == {"EV_ADMIN_DATABASE": f"sqlite:///{Path('d/central.db').resolve()}"}


def test_each_program_is_given_the_file_of_its_own_secret() -> None:
    told = settings(data_dir="d", auth=True)
    central = commands.central(told, KAFKA)
    assert central[central.index("--auth") :][:3] == ["--auth", "--secrets-key-file", "d/secrets.key"]
    point = ["--secret-file", "d/secrets/point-CP002.secret"]
    assert commands.engine(told, "CP002", KAFKA)[-2:] == point
    assert commands.monitor(told, "CP002", CENTRAL, "127.0.0.1:6001")[-2:] == point
    driver = commands.driver(told, CENTRAL, KAFKA, "listen")
    assert driver[-3:] == ["--secret-file", "d/secrets/driver-D001.secret", "listen"]
    operator = ["--admin-id", "operator", "--secret-file", "d/secrets/admin-operator.secret"]
    assert enrolling.of_operator(told) == operator


def test_without_it_central_asks_nobody_and_nobody_is_given_a_secret() -> None:
    told = settings()
    assert enrolling.of_central(told) == ["--no-auth"]
    assert [*enrolling.of_point(told, "CP001"), *enrolling.of_driver(told, "D001"), *enrolling.of_operator(told)] == []


def test_who_joins_brings_what_was_made_for_it(tmp_path: Path) -> None:
    told = settings(data_dir=str(tmp_path), points=1, auth=True, central="first:5000", kafka="first:9092")
    with pytest.raises(
        CannotStart, match=r"point-CP001\.secret is not there\. .* ev-admin enroll point CP001 --dir DIR"
    ):
        enrolling.check(told)
    told.secrets_dir.mkdir()
    for name in ("point-CP001", "driver-D001"):
        (told.secrets_dir / f"{name}.secret").write_text("a secret of sixteen")
    enrolling.check(told)
