"""
THE CATALOGUE of metrics: every figure that any program shows, declared once; docs/metrics.md is written from it.

A metric is used by its name here, so a wrong name does not import and a wrong number of labels does not type-check.
Units are Prometheus' base units (seconds, bytes, watts), and watt-hours, because that is what is billed. Labels come
from closed sets, never from what a peer may invent. `ev_network_*` is read from the database: every Central shows the same, so
take one of them (`max`); all else is of one process, so add up.
"""

from common.metrics.instruments import RECORDS, counter, gauge, histogram

# Every program

BUILD = gauge("every", "ev_build_info", "Program and version, as labels.", "program", "version")
LOOP_TURN = gauge("every", "ev_loop_turn_seconds", "How long the event loop took for one turn, at this scrape.")

READY = gauge("every", "ev_ready", "1 while /readyz says that it is ready.")
CHECK = gauge("every", "ev_check", "1 while this check of /readyz is well.", "check")

# The network as Central's database has it

NETWORK_POINTS = gauge("central", "ev_network_points", "Charging points of the network by status.", "status")
NETWORK_SESSIONS = gauge("central", "ev_network_open_sessions", "Open sessions of the network by state.", "state")
NETWORK_POWER = gauge("central", "ev_network_power_watts", "Power of all running sessions by their last readings.")
NETWORK_OUTBOX = gauge("central", "ev_network_outbox_rows", "Records that are stored and not yet with Kafka.")
NETWORK_QUARANTINED = gauge("central", "ev_network_quarantined_completions", "Completions that were kept apart.")
NETWORK_READ = gauge(
    "central",
    "ev_network_age_seconds",
    "How long ago the database gave the ev_network figures; they are asked for every 5 s.",
)

# Links and messages of a Central

LINKS = gauge("central", "ev_central_links", "Live TCP links by role; unknown until the first message.", "role")
POINTS_LINKED = gauge("central", "ev_central_points_linked", "Charging points whose link this Central holds.")
LINKS_OPENED = counter("central", "ev_central_links_opened_total", "TCP connections that became links.")
LINKS_ENDED = counter("central", "ev_central_links_ended_total", "TCP links that ended, for whatever reason.")
LINKS_CUT = counter(
    "central",
    "ev_central_links_cut_total",
    "Connections refused or cut by why: too_many, too_many_from_one_address, plain, tls, no_certificate, silent, "
    "slow_sender, slow_reader, too_fast, garbage, gave_way, hoarding.",
    "why",
)
CALLERS = gauge(
    "central",
    "ev_central_callers",
    "TCP connections that have said nothing yet that could be taken; they are no links.",
)
LOAD = gauge(
    "central",
    "ev_central_load_wait_seconds",
    "How long a request would wait for a writer and for the loop; beyond a bound new charges are put off.",
)
BAD_FRAMES = counter(
    "central", "ev_central_bad_frames_total", "Frames and messages refused on TCP by error code.", "code"
)
MESSAGES = counter(
    "central",
    "ev_central_messages_total",
    "Messages taken by type, way (tcp, kafka) and outcome (done, left, or the error code it was refused with).",
    "type",
    "way",
    "outcome",
)
HANDLING = histogram("central", "ev_central_handling_seconds", "Time in the handler of a message on TCP.", "type")
ANSWERS = counter(
    "central",
    "ev_central_answers_total",
    "Answers to drivers who asked for a charge or its end, by type, way and outcome (success or error code).",
    "type",
    "way",
    "outcome",
)
ANSWER_TIME = histogram(
    "central", "ev_central_answer_seconds", "From a driver's request to its answer, by type and way.", "type", "way"
)
AUTH_REFUSED = counter(
    "central", "ev_central_auth_refused_total", "Proofs and signatures of records that were not accepted."
)
REGISTRATIONS_REFUSED = counter(
    "central",
    "ev_central_registrations_refused_total",
    "Registrations of a point whose older link is alive, or that changes hands too often.",
)
LINKS_SUPERSEDED = counter(
    "central", "ev_central_links_superseded_total", "Points whose link here ended because a newer one speaks for them."
)
OTHERS = gauge("central", "ev_central_others", "Other Centrals that share the database, as this one sees them.")
PEER_ERRORS = counter("central", "ev_central_peer_errors_total", "Messages of ours that a peer could not take.")

# Commands, sessions and money of a Central

COMMANDS_WAITING = gauge("central", "ev_central_commands_waiting", "Commands whose answer is still to come.")
COMMAND_TIME = histogram(
    "central", "ev_central_command_seconds", "From a command to a point to its answer, by command.", "type"
)
COMMAND_TIMEOUTS = counter("central", "ev_central_command_timeouts_total", "Commands that no answer came to in time.")
LATE_RESPONSES = counter("central", "ev_central_late_responses_total", "Answers to commands that nobody waited for.")
READINGS = counter(
    "central",
    "ev_central_readings_total",
    "Readings by outcome: stored, late, repeated, absurd, unknown_session.",
    "outcome",
)
COMPLETIONS = counter("central", "ev_central_completions_total", "Final accounts heard, by verdict.", "verdict")
BILLED_ENERGY = counter("central", "ev_central_billed_watt_hours_total", "Energy of the sessions billed here.")
BILLED_MONEY = counter("central", "ev_central_billed_money_total", "Money billed here, in units of the price.")
NOTICES_DROPPED = counter(
    "central", "ev_central_notices_dropped_total", "News to drivers that Kafka's queue had no room for."
)

# Kafka as a Central sees it

KAFKA_UP = gauge("central", "ev_central_kafka_up", "1 while the broker takes what it is given.")
KAFKA_OUTAGES = counter("central", "ev_central_kafka_outages_total", "Times that the broker was found away at start.")
PUBLISHER_QUEUE = gauge(
    "central", "ev_central_publisher_queue_records", "Records given to Kafka's client and not yet delivered."
)
LAG = gauge("central", "ev_central_lag_records", "Records that this Central has still to read, by topic.", "topic")
ASSIGNED = gauge("central", "ev_central_assigned_partitions", "Partitions that this Central reads, by topic.", "topic")
REBALANCES = gauge("central", "ev_central_rebalances", "Rebalances of the consumer group since this Central joined it.")
BATCH_SIZE = histogram("central", "ev_central_batch_records", "Records in one batch from Kafka.", buckets=RECORDS)
BATCH_TIME = histogram("central", "ev_central_batch_seconds", "Time until what one batch caused was stored.")
BATCHES_WAITING = counter(
    "central", "ev_central_batch_retries_total", "Batches that had to wait for database or broker."
)
DEAD_LETTERS = counter(
    "central",
    "ev_central_dead_letters_total",
    "Records that went to the dead letters, by topic and error code.",
    "topic",
    "code",
)
OUTBOX = gauge("central", "ev_central_outbox_records", "Records of the outbox that this Central holds ready to send.")

# The database as a Central sees it

DATABASE_UP = gauge("central", "ev_central_database_up", "1 when the database answered the last look at it.")
DATABASE_QUEUE = gauge("central", "ev_central_database_queue_units", "Units of work that wait for a writer.")
DATABASE_WAIT = histogram("central", "ev_central_database_wait_seconds", "How long a unit of work waited for a writer.")
DATABASE_WRITE = histogram("central", "ev_central_database_write_seconds", "Time of one transaction, commit included.")
DATABASE_GROUP = histogram(
    "central", "ev_central_database_group_units", "Units of work that shared one commit.", buckets=RECORDS
)
DATABASE_READ = histogram("central", "ev_central_database_read_seconds", "Time of one query beside the writer.")
DATABASE_ERRORS = counter("central", "ev_central_database_errors_total", "Transactions that the database did not take.")
DATABASE_DISK = gauge(
    "central", "ev_central_disk_free_bytes", "Room left where the SQLite file is; none with PostgreSQL.", "path"
)

# Monitor

MONITOR_LINK = gauge(
    "monitor", "ev_monitor_link_up", "1 while the link to this peer (engine, central) is there.", "peer"
)
MONITOR_REGISTERED = gauge("monitor", "ev_monitor_registered", "1 while Central has the point registered.")
MONITOR_LOST = counter("monitor", "ev_monitor_links_lost_total", "Links that ended, by peer.", "peer")
MONITOR_FAILED = counter(
    "monitor", "ev_monitor_connect_failures_total", "Attempts to connect that failed, by peer.", "peer"
)
MONITOR_BACKOFF = gauge(
    "monitor", "ev_monitor_backoff_seconds", "The wait before the next attempt to connect; 0 when none waits.", "peer"
)
MONITOR_SILENCE = gauge(
    "monitor", "ev_monitor_silence_seconds", "Since the peer last answered a health check or heartbeat.", "peer"
)
MONITOR_STATUS = gauge(
    "monitor", "ev_monitor_point_status", "1 for the status the point has, 0 for the others.", "status"
)
MONITOR_FAULTS = gauge("monitor", "ev_monitor_faults", "Faults that the point has now.")
MONITOR_RECEIVED = counter(
    "monitor", "ev_monitor_received_total", "Messages received by peer and type.", "peer", "type"
)
MONITOR_SENT = counter(
    "monitor", "ev_monitor_sent_total", "Messages sent or passed on by peer and type.", "peer", "type"
)
MONITOR_BAD_FRAMES = counter("monitor", "ev_monitor_bad_frames_total", "Messages refused by error code.", "code")

# Engine

ENGINE_LINKED = gauge("engine", "ev_engine_monitor_linked", "1 while its Monitor is linked.")
ENGINE_KAFKA_UP = gauge(
    "engine", "ev_engine_kafka_up", "1 while readings reach Kafka; 0 while they go through Monitor."
)
ENGINE_STATUS = gauge("engine", "ev_engine_status", "1 for the status that Engine has, 0 for the others.", "status")
ENGINE_POWER = gauge("engine", "ev_engine_power_watts", "Power that flows, by the last reading.")
ENGINE_SESSIONS = counter("engine", "ev_engine_sessions_total", "Sessions ended, by reason.", "reason")
ENGINE_ENERGY = counter("engine", "ev_engine_watt_hours_total", "Energy of the sessions that ended.")
ENGINE_RECORDS = counter(
    "engine",
    "ev_engine_records_total",
    "Records for Kafka by type and outcome (delivered, undelivered).",
    "type",
    "outcome",
)
ENGINE_OWED = gauge(
    "engine", "ev_engine_unacknowledged_completions", "Final accounts that Central has not acknowledged."
)
ENGINE_JOURNAL = histogram("engine", "ev_engine_journal_write_seconds", "Time of one entry to the disk, sync included.")
ENGINE_JOURNAL_ERRORS = counter("engine", "ev_engine_journal_errors_total", "Entries that could not be written.")
ENGINE_JOURNAL_OK = gauge("engine", "ev_engine_journal_writable", "1 while the journal can be written.")
ENGINE_DISK = gauge("engine", "ev_engine_disk_free_bytes", "Room left where the journal is.")
ENGINE_RECEIVED = counter("engine", "ev_engine_received_total", "Messages received by type.", "type")
ENGINE_LINKS_CUT = counter(
    "engine", "ev_engine_links_cut_total", "Connections refused or cut, by why (as at Central).", "why"
)
ENGINE_BAD_FRAMES = counter("engine", "ev_engine_bad_frames_total", "Messages refused by error code.", "code")

# Driver

DRIVER_LINK = gauge("driver", "ev_driver_link_up", "1 while this way to Central (socket, kafka) is open.", "way")
DRIVER_REQUESTS = counter(
    "driver",
    "ev_driver_requests_total",
    "Requests by type and outcome (success, unanswered, or the error code).",
    "type",
    "outcome",
)
DRIVER_TIME = histogram("driver", "ev_driver_answer_seconds", "From a request to its answer, by type.", "type")
DRIVER_WAITING = gauge("driver", "ev_driver_requests_waiting", "Requests whose answer is still to come.")
DRIVER_CHARGES = gauge("driver", "ev_driver_open_charges", "Charges that are followed now.")
DRIVER_LOST = counter("driver", "ev_driver_links_lost_total", "Links to Central that ended.")
DRIVER_FAILED = counter("driver", "ev_driver_connect_failures_total", "Attempts to reach Central that failed.")
DRIVER_RECEIVED = counter("driver", "ev_driver_received_total", "Messages received by type.", "type")

# ev-up

PROGRAMS = gauge("up", "ev_up_programs", "Programs that ev-up started, by state (running, ended).", "state")
