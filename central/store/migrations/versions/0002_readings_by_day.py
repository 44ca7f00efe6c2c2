"""
Readings by the day they were stored, without a number of their own; sessions know their newest reading's time.

On SQLite a number of the outbox is never given twice: Central could take a new record for one that it just sent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DAY_S = 86_400
#: Days of old readings that get a partition of their own, those with most readings first; the rest goes to the default.
_MOST_DAYS = 400


def upgrade() -> None:
    op.add_column("sessions", sa.Column("metered_at", sa.Float(precision=53), nullable=True))
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.drop_index(op.f("ix_readings_session_id"), table_name="readings")
    op.rename_table("readings", "readings_before")
    op.create_table(
        "readings",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("rate_kw", sa.Float(precision=53), nullable=False),
        sa.Column("stored_at", sa.Float(precision=53), nullable=False),
        postgresql_partition_by="RANGE (stored_at)",
    )
    if is_postgres:
        op.execute("CREATE TABLE readings_default PARTITION OF readings DEFAULT")
        _make_days()
    # When they were stored nobody wrote down; the point's own time, never later than that, is close.
    op.execute(
        "INSERT INTO readings (session_id, at, energy_wh, rate_kw, stored_at)"
        " SELECT session_id, at, energy_wh, rate_kw, at FROM readings_before ORDER BY id"
    )
    # At once for all rows is quicker than row by row.
    op.create_index("ix_readings_session", "readings", ["session_id", "at"], unique=False)
    newest = "SELECT max(at) FROM readings WHERE readings.session_id = sessions.session_id"
    op.execute(f"UPDATE sessions SET metered_at = ({newest}) WHERE state IN ('CLAIMED', 'CHARGING')")  # noqa: S608
    op.drop_table("readings_before")
    if not is_postgres:
        _remake_outbox(never_twice=True)


def _make_days() -> None:
    most = (
        f"SELECT floor(at / {_DAY_S})::bigint AS day, to_char(to_timestamp(floor(at / {_DAY_S}) * {_DAY_S})"  # noqa: S608
        " AT TIME ZONE 'UTC', 'YYYYMMDD') FROM readings_before WHERE at >= 0"
        f" GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT {_MOST_DAYS}"
    )
    for day, name in op.get_bind().execute(sa.text(most)).all():
        bounds = f"FROM ({day * _DAY_S}) TO ({(day + 1) * _DAY_S})"
        op.execute(f"CREATE TABLE readings_{name} PARTITION OF readings FOR VALUES {bounds}")


def _remake_outbox(*, never_twice: bool) -> None:
    op.rename_table("outbox", "outbox_before")
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("instance", sa.String(length=100), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=never_twice,
    )
    op.execute("INSERT INTO outbox SELECT * FROM outbox_before")
    op.drop_table("outbox_before")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _remake_outbox(never_twice=False)
    op.drop_index("ix_readings_session", table_name="readings")
    op.rename_table("readings", "readings_after")
    op.create_table(
        "readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("rate_kw", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key_name()),
    )
    in_order = "stored_at" if op.get_bind().dialect.name == "postgresql" else "rowid"
    op.execute(
        "INSERT INTO readings (session_id, at, energy_wh, rate_kw)"  # noqa: S608 - our own words
        f" SELECT session_id, at, energy_wh, rate_kw FROM readings_after ORDER BY {in_order}"
    )
    op.create_index(op.f("ix_readings_session_id"), "readings", ["session_id"], unique=False)
    op.drop_table("readings_after")  # on PostgreSQL with all its partitions
    op.drop_column("sessions", "metered_at")


def _key_name() -> str | None:
    return "readings_pkey" if op.get_bind().dialect.name == "postgresql" else None
