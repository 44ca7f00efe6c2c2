"""What operators ask for is found by an index: sessions of a point, events of a point or of a kind. Refused sessions are few, and counted often."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_sessions_point", "sessions", ["cp_id", "started_at"])
    refused = sa.text("state = 'REFUSED'")
    op.create_index("ix_sessions_refused", "sessions", ["started_at"], sqlite_where=refused, postgresql_where=refused)
    op.create_index("ix_events_point", "events", ["cp_id", "id"])
    op.create_index("ix_events_kind", "events", ["kind", "id"])


def downgrade() -> None:
    op.drop_index("ix_events_kind", "events")
    op.drop_index("ix_events_point", "events")
    op.drop_index("ix_sessions_refused", "sessions")
    op.drop_index("ix_sessions_point", "sessions")
