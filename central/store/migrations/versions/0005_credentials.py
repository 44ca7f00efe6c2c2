"""Who is enrolled, with secrets that are sealed, and the proofs that were used up."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("role", sa.String(10), primary_key=True),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("secret", sa.Text),
        sa.Column("previous", sa.Text),
        sa.Column("previous_until", sa.Float(53)),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("changed_at", sa.Float(53), nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.Column("revoked_at", sa.Float(53)),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("uq_credentials_change", "credentials", ["change"], unique=True)
    op.create_table(
        "nonces",
        sa.Column("who", sa.String(48), primary_key=True),
        sa.Column("nonce", sa.String(200), primary_key=True),
        sa.Column("seen_at", sa.Float(53), nullable=False),
    )
    op.create_index("ix_nonces_seen_at", "nonces", ["seen_at"])


def downgrade() -> None:
    op.drop_table("nonces")
    op.drop_table("credentials")
