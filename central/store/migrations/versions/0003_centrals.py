"""Several Centrals: their roll, and points that are on the way from one to another."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
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
    op.add_column("points", sa.Column("moving_until", sa.Float(53)))
    op.create_index("ix_outbox_instance", "outbox", ["instance", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_instance", "outbox")
    op.drop_column("points", "moving_until")
    op.drop_table("centrals")
