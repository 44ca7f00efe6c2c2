"""The command lines of the programs that ev-up starts, and the line by which each says that it is ready. No I/O."""

import re
import sys

from common.net.address import Address, Servers
from deploy import enrolling, safety
from deploy.settings import UpSettings

BROKER_READY = r"ready in .*"
CENTRAL_READY = r"ev-central listening on (?P<address>\S+)"
ENGINE_READY = r"ev-engine listening on (?P<address>\S+)"

#: The embedded broker's idle cost grows with the partitions and with the fetches that wait at it.
_EMBEDDED = ["--kafka-partitions", "1", "--kafka-fetch-wait-ms", "120"]


def monitor_ready(cp_id: str) -> str:
    return rf"ev-monitor {re.escape(cp_id)} registered with \S+"


def driver_ready(driver_id: str) -> str:
    return rf"ev-driver {re.escape(driver_id)} listening"


#: Said by a program before it says that it is ready.
METRICS = r"ev-[a-z]+ metrics on (?P<address>\S+)"


def watched(settings: UpSettings, port: int = 0) -> list[str]:
    """Where it shows its figures, and whether it may stand open. Said even where the environment says it too: all our programs at one address would not do."""
    at = settings.metrics
    shown = [] if at is None else ["--metrics", str(Address(at.host, port)), *safety.of_pages(settings)]
    traces = [] if settings.traces is None else ["--traces", settings.traces]
    return [*shown, *traces, *(["--insecure"] if settings.insecure else [])]


def _python(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def central(settings: UpSettings, kafka: Address | Servers) -> list[str]:
    """Its database comes through the environment: a URL may hold a password, and everyone may read command lines."""
    where = ["--host", settings.host, "--port", settings.central_port, "--data-dir", settings.data_dir]
    extra: list[object] = [] if settings.kafka else [*_EMBEDDED]
    if settings.speed != 1:
        extra += ["--time-scale", settings.speed]
    port = settings.metrics.port if settings.metrics else 0
    return _python(
        "central",
        *where,
        "--kafka",
        kafka,
        "--default-price",
        settings.price,
        *enrolling.of_central(settings),
        *extra,
        *watched(settings, port),
        *safety.of_central(settings),
    )


def kafka_env(settings: UpSettings) -> dict[str, str]:
    """What every program must know of Kafka beside its address; in the environment, since it may hold a password."""
    told = {
        "EV_KAFKA_TOPIC_PREFIX": settings.kafka_topic_prefix,
        "EV_KAFKA_OPTION": "\n".join(settings.kafka_option),
        "EV_KAFKA_OPTIONS_FILE": str(settings.kafka_options_file.resolve()) if settings.kafka_options_file else "",
    }
    return {name: value for name, value in told.items() if value}


def central_env(settings: UpSettings) -> dict[str, str]:
    return {"EV_CENTRAL_DATABASE": database(settings)}


def admin_env(settings: UpSettings) -> dict[str, str]:
    """For `ev-admin` on the database itself."""
    return {"EV_ADMIN_DATABASE": database(settings)}


def database(settings: UpSettings) -> str:
    return settings.database or f"sqlite:///{(settings.data_dir / 'central.db').resolve()}"


def engine(settings: UpSettings, cp_id: str, kafka: Address | Servers) -> list[str]:
    journal = settings.data_dir / f"{cp_id}.journal"
    physics = ["--time-scale", settings.speed, "--max-rate-kw", settings.max_rate_kw]
    return _python(
        "charging_point.engine",
        "--port",
        0,
        "--kafka",
        kafka,
        "--journal",
        journal,
        *physics,
        *watched(settings),
        *safety.of_engine(settings),
        *enrolling.of_point(settings, cp_id),
    )


def monitor(settings: UpSettings, cp_id: str, central_at: Address, engine_at: str) -> list[str]:
    where = ["--central", central_at, "--engine", engine_at]
    terms = ["--price", settings.price, "--max-rate-kw", settings.max_rate_kw]
    return _python(
        "charging_point.monitor",
        "--cp-id",
        cp_id,
        *where,
        *terms,
        *watched(settings),
        *safety.of_monitor(settings, cp_id),
        *enrolling.of_point(settings, cp_id),
    )


def driver(settings: UpSettings, central_at: Address, kafka: Address | Servers, *words: str) -> list[str]:
    where = ["--central", central_at, "--kafka", kafka, *safety.of_client(settings), *watched(settings)]
    where += enrolling.of_driver(settings, settings.driver_id)
    return _python("driver", "--driver-id", settings.driver_id, *where, *words)
