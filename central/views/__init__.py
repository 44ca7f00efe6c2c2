"""Read-only queries for handlers, consoles, command line and web: rows in, plain JSON values or domain objects out."""

from central.views.figures import Network, accumulated, current, network, revision, today
from central.views.lists import drivers, events, points, sessions, trace
from central.views.lookups import (
    history,
    is_open_at,
    is_out_of_service,
    kept_answers,
    late_claims,
    late_stops,
    offered_points,
    out_of_service_at,
    refused_session,
)
from central.views.rows import Json, Query

__all__ = [
    "Json",
    "Network",
    "Query",
    "accumulated",
    "current",
    "drivers",
    "events",
    "history",
    "is_open_at",
    "is_out_of_service",
    "kept_answers",
    "late_claims",
    "late_stops",
    "network",
    "offered_points",
    "out_of_service_at",
    "points",
    "refused_session",
    "revision",
    "sessions",
    "today",
    "trace",
]
