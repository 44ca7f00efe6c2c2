"""Several Centrals: their roll, points on the way from one to another, stops that wait for Engine's word."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "centrals",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("incarnation", sa.BigInteger, nullable=False),
        sa.Column("beats", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "stops",
        sa.Column("driver_id", sa.String(36), primary_key=True),
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("cp_id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("deadline", sa.Float(53), nullable=False),
    )
    op.create_index("ix_stops_cp_id", "stops", ["cp_id"])
    op.add_column("points", sa.Column("moving_until", sa.Float(53)))
    op.create_index("ix_outbox_instance", "outbox", ["instance", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_instance", "outbox")
    op.drop_column("points", "moving_until")
    op.drop_table("stops")
    op.drop_table("centrals")
