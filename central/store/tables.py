"""The tables. Energy is whole watt-hours, money whole hundredths, prices whole ten-thousandths; times are Unix seconds."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from central.domain.sessions import Origin, State
from common.messages import PointStatus, Reason


class Scaled(TypeDecorator[Decimal]):
    """A decimal kept as a whole number of its smallest unit, so that no database turns it into a float."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else int(value.scaleb(self.places).to_integral_exact())

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        del dialect
        return None if value is None else Decimal(value).scaleb(-self.places)


class Word(TypeDecorator[StrEnum]):
    """One word of a StrEnum, kept as text."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__(20)
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:
        del dialect
        return None if value is None else self.words(value)


metadata = MetaData()
#: SQLite counts rows by itself only in a column of type INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")

points = Table(
    "points",
    metadata,
    Column("cp_id", String(36), primary_key=True),
    Column("status", Word(PointStatus), nullable=False),
    Column("detail", String(200)),
    Column("out_of_service", Boolean, nullable=False),
    Column("fault_type", String(200)),
    Column("price_per_kwh", Scaled(4), nullable=False),
    Column("max_charging_rate_kw", Float(53), nullable=False),
    Column("holder", String(100), index=True),
    Column("generation", BigInteger, nullable=False),
    Column("registered_at", Float(53)),
    Column("last_seen_at", Float(53)),
    Column("moving_until", Float(53)),
    Column("name", String(200)),
    Column("station_id", String(200)),
    Column("charge_point_id", String(200)),
    Column("connector_id", Integer),
    Column("connector_type", String(200)),
    Column("address", String(200)),
    Column("latitude", Float(53)),
    Column("longitude", Float(53)),
    Column("vendor", String(200)),
    Column("model", String(200)),
    Column("firmware_version", String(200)),
)

#: Written out, not bound: SQLite uses a partial index only where the query says the same words.
IS_OPEN = text("state IN ('CLAIMED', 'CHARGING')")
IS_CLAIMED = text("state = 'CLAIMED'")
IS_REFUSED = text("state = 'REFUSED'")

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("cp_id", String(36), nullable=False),
    Column("driver_id", String(36), nullable=False),
    Column("state", Word(State), nullable=False),
    Column("origin", Word(Origin), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("price_per_kwh", Scaled(4), nullable=False),
    Column("claim_deadline", Float(53), nullable=False),
    Column("started_at", Float(53), nullable=False),
    Column("ended_at", Float(53)),
    Column("energy_limit_wh", BigInteger),
    Column("energy_wh", BigInteger, nullable=False),
    Column("rate_kw", Float(53), nullable=False),
    Column("total_cost", Scaled(2), nullable=False),
    Column("reason", Word(Reason)),
    Column("metered_at", Float(53)),
    # One request, one session, however often it is repeated.
    UniqueConstraint("driver_id", "cp_id", "request_id", name="uq_sessions_request"),
    # The claim itself: a point has at most one open session, whoever tries to open another.
    Index("uq_sessions_open_point", "cp_id", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    Index("ix_sessions_claims", "claim_deadline", sqlite_where=IS_CLAIMED, postgresql_where=IS_CLAIMED),
    Index("ix_sessions_driver", "driver_id", "started_at"),
    Index("ix_sessions_started", "started_at"),
    Index("ix_sessions_point", "cp_id", "started_at"),
    Index("ix_sessions_refused", "started_at", sqlite_where=IS_REFUSED, postgresql_where=IS_REFUSED),
)

#: No number of their own: nobody asks for one reading, and a billion of them would wait for one counter.
readings = Table(
    "readings",
    metadata,
    Column("session_id", String(64), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("rate_kw", Float(53), nullable=False),
    Column("stored_at", Float(53), nullable=False),
    # In a file an index would cost three times the row: there a session's readings are looked for between its times.
    Index("ix_readings_session", "session_id", "at").ddl_if(dialect="postgresql"),
    postgresql_partition_by="RANGE (stored_at)",
)

centrals = Table(
    "centrals",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("incarnation", BigInteger, nullable=False),
    Column("beats", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("started_at", Float(53), nullable=False),
)

#: What drivers want stopped and Engine has not answered yet: whoever dies in between, the answer is owed.
stops = Table(
    "stops",
    metadata,
    Column("driver_id", String(36), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("cp_id", String(36), nullable=False, index=True),
    Column("session_id", String(64), nullable=False),
    Column("deadline", Float(53), nullable=False),
)

drivers = Table(
    "drivers",
    metadata,
    Column("driver_id", String(36), primary_key=True),
    Column("first_seen_at", Float(53), nullable=False),
    Column("last_seen_at", Float(53), nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("sender", String(48), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Float(53), nullable=False, index=True),
)

events = Table(
    "events",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", Float(53), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", String(1000), nullable=False),
    Column("cp_id", String(36)),
    Column("session_id", String(64), index=True),
    Column("driver_id", String(36)),
    Column("message_id", String(64), index=True),
    Index("ix_events_point", "cp_id", "id"),
    Index("ix_events_kind", "kind", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("instance", String(100), nullable=False),
    Column("topic", String(60), nullable=False),
    Column("key", String(64), nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Index("ix_outbox_instance", "instance", "id"),
    # A number that comes again would be taken for the record that had it before.
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", Float(53), nullable=False),
    Column("cp_id", String(36), nullable=False),
    Column("session_id", String(64), nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("total_cost", Scaled(2), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("why", String(200), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("cp_id", "session_id", "energy_wh", "total_cost", "reason", name="uq_quarantine_said"),
)

#: Secrets are sealed (central/vault.py); they go with a revocation, and the rest of the row stays.
credentials = Table(
    "credentials",
    metadata,
    Column("role", String(10), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("secret", Text),
    Column("previous", Text),
    Column("previous_until", Float(53)),
    Column("created_at", Float(53), nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("changed_at", Float(53), nullable=False),
    Column("changed_by", String(100), nullable=False),
    Column("revoked_at", Float(53)),
    Column("change", BigInteger, nullable=False),
    Index("uq_credentials_change", "change", unique=True),
)

#: Proofs that were accepted: none of them works again, at whatever Central.
nonces = Table(
    "nonces",
    metadata,
    Column("who", String(48), primary_key=True),
    Column("nonce", String(200), primary_key=True),
    Column("seen_at", Float(53), nullable=False, index=True),
)
