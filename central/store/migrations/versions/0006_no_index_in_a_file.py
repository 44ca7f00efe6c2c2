"""SQLite keeps the series of readings in the order in which they came, and in no other: an index cost three times the row."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _is_file() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def upgrade() -> None:
    if _is_file():
        op.drop_index("ix_readings_session", table_name="readings")


def downgrade() -> None:
    if _is_file():
        op.create_index("ix_readings_session", "readings", ["session_id", "at"])
