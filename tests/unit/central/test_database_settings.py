"""Where the database is: the address, the password beside it, and what PostgreSQL is told when Central connects."""

from pathlib import Path

import pytest
from sqlalchemy import text

from central.settings import CentralSettings
from central.store.engine import connect_database, open_database
from central.store.settings import DatabaseSettings
from common.errors import BadSetting
from common.settings import load


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (DatabaseSettings(), "sqlite:///ev-data/central.db"),
        (DatabaseSettings(data_dir=Path("/d")), "sqlite:////d/central.db"),
        (DatabaseSettings(database="postgresql://u@h/ev?sslmode=require"), "postgresql://u@h/ev?sslmode=require"),
    ],
)
def test_the_address_is_what_was_told_or_a_file(settings: DatabaseSettings, address: str) -> None:
    assert settings.database_url() == address


def test_a_password_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3:cr@t\n")
    settings = DatabaseSettings(database="postgresql://u@h:1/ev?sslmode=require", database_password_file=file)
    assert settings.database_url() == "postgresql+psycopg://u:s3%3Acr%40t@h:1/ev?sslmode=require"


@pytest.mark.parametrize(
    ("database", "content", "sentence"),
    [
        ("sqlite:///x.db", "s3cret", "--database-password-file is for PostgreSQL; SQLite has no password."),
        (
            "postgresql://u:p@h/ev",
            "s3cret",
            "--database has a password already; leave it out beside --database-password-file.",
        ),
        ("postgresql://u@h/ev", " \n", "{file} is empty; write the password into it."),
        ("postgresql://u@h/ev", None, "Cannot read {file}: No such file or directory."),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, database: str, content: str | None, sentence: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadSetting) as wrong:
        DatabaseSettings(database=database, database_password_file=file).database_url()
    assert str(wrong.value) == sentence.format(file=file)


def test_ev_database_reads_its_part_of_centrals_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ev.toml").write_text('[central]\nport = 0\ndatabase = "sqlite:///file.db"\nkeep_events_days = 7\n')
    monkeypatch.setenv("EV_CENTRAL_KEEP_READINGS_DAYS", "30")
    for model in (DatabaseSettings, CentralSettings):
        found = load(model, {})
        assert (found.database, found.keep_events_days, found.keep_readings_days) == ("sqlite:///file.db", 7, 30)


@pytest.mark.postgres
def test_postgresql_hears_who_it_is_and_how_long_to_wait(postgres_database: str) -> None:
    engine = connect_database(postgres_database, "ev-central one")
    names = ("application_name", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with engine.connect() as connection:
        told = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]
    # The address of a test says a lock_timeout of its own, and that wins.
    assert told == ["ev-central one", "30s", "2s", "30s"]
    engine.dispose()


@pytest.mark.postgres
def test_a_postgresql_that_may_lose_what_it_stored_is_told_of_in_one_warning(
    postgres_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    careless = f"{postgres_database}%20-c%20synchronous_commit%3Doff"
    engine = open_database(careless)
    with engine.connect() as connection:
        off = [
            name
            for name in ("fsync", "full_page_writes", "synchronous_commit")
            if connection.execute(text(f"SHOW {name}")).scalar_one() == "off"
        ]
    engine.dispose()
    assert "synchronous_commit" in off
    warned = (
        f"PostgreSQL runs without {', '.join(off)}: with the power, bills that were acknowledged can be lost. "
        "Turn that on for anything but trials."
    )
    assert [one.getMessage() for one in caplog.records if one.levelname == "WARNING"] == [warned]
