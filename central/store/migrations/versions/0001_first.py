"""The first schema: points, sessions, readings, drivers, answers, events, outbox, quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("sender", sa.String(length=48), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("sender", "message_id"),
    )
    op.create_index(op.f("ix_answers_at"), "answers", ["at"], unique=False)
    op.create_table(
        "drivers",
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("first_seen_at", sa.Float(precision=53), nullable=False),
        sa.Column("last_seen_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("driver_id"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("cp_id", sa.String(length=36), nullable=True),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_events_message_id"), "events", ["message_id"], unique=False)
    op.create_index(op.f("ix_events_session_id"), "events", ["session_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("instance", sa.String(length=100), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "points",
        sa.Column("cp_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("out_of_service", sa.Boolean(), nullable=False),
        sa.Column("fault_type", sa.String(length=200), nullable=True),
        sa.Column("price_per_kwh", sa.BigInteger(), nullable=False),
        sa.Column("max_charging_rate_kw", sa.Float(precision=53), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.Float(precision=53), nullable=True),
        sa.Column("last_seen_at", sa.Float(precision=53), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("station_id", sa.String(length=200), nullable=True),
        sa.Column("charge_point_id", sa.String(length=200), nullable=True),
        sa.Column("connector_id", sa.Integer(), nullable=True),
        sa.Column("connector_type", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("latitude", sa.Float(precision=53), nullable=True),
        sa.Column("longitude", sa.Float(precision=53), nullable=True),
        sa.Column("vendor", sa.String(length=200), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("firmware_version", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("cp_id"),
    )
    op.create_index(op.f("ix_points_holder"), "points", ["holder"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("cp_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("total_cost", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cp_id", "session_id", "energy_wh", "total_cost", "reason", name="uq_quarantine_said"),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("rate_kw", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_readings_session_id"), "readings", ["session_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("cp_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("price_per_kwh", sa.BigInteger(), nullable=False),
        sa.Column("claim_deadline", sa.Float(precision=53), nullable=False),
        sa.Column("started_at", sa.Float(precision=53), nullable=False),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        sa.Column("energy_limit_wh", sa.BigInteger(), nullable=True),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("rate_kw", sa.Float(precision=53), nullable=False),
        sa.Column("total_cost", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("session_id"),
        sa.UniqueConstraint("driver_id", "cp_id", "request_id", name="uq_sessions_request"),
    )
    op.create_index(
        "ix_sessions_claims",
        "sessions",
        ["claim_deadline"],
        unique=False,
        sqlite_where=sa.text("state = 'CLAIMED'"),
        postgresql_where=sa.text("state = 'CLAIMED'"),
    )
    op.create_index("ix_sessions_driver", "sessions", ["driver_id", "started_at"], unique=False)
    op.create_index("ix_sessions_started", "sessions", ["started_at"], unique=False)
    op.create_index(
        "uq_sessions_open_point",
        "sessions",
        ["cp_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('CLAIMED', 'CHARGING')"),
        postgresql_where=sa.text("state IN ('CLAIMED', 'CHARGING')"),
    )


def downgrade() -> None:

    op.drop_index(
        "uq_sessions_open_point",
        table_name="sessions",
        sqlite_where=sa.text("state IN ('CLAIMED', 'CHARGING')"),
        postgresql_where=sa.text("state IN ('CLAIMED', 'CHARGING')"),
    )
    op.drop_index("ix_sessions_started", table_name="sessions")
    op.drop_index("ix_sessions_driver", table_name="sessions")
    op.drop_index(
        "ix_sessions_claims",
        table_name="sessions",
        sqlite_where=sa.text("state = 'CLAIMED'"),
        postgresql_where=sa.text("state = 'CLAIMED'"),
    )
    op.drop_table("sessions")
    op.drop_index(op.f("ix_readings_session_id"), table_name="readings")
    op.drop_table("readings")
    op.drop_table("quarantine")
    op.drop_index(op.f("ix_points_holder"), table_name="points")
    op.drop_table("points")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_events_session_id"), table_name="events")
    op.drop_index(op.f("ix_events_message_id"), table_name="events")
    op.drop_table("events")
    op.drop_table("drivers")
    op.drop_index(op.f("ix_answers_at"), table_name="answers")
    op.drop_table("answers")
