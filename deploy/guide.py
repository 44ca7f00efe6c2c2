"""What others are told of a network that is up: ready.json for programs, a few lines for people. No I/O but a look at PATH."""

import re
import shlex
import shutil
import sys
from pathlib import Path

from common.net.address import Address, Servers, is_anywhere, parse_address
from common.words import up as words
from deploy import commands, enrolling, safety
from deploy.network import Network
from deploy.settings import UpSettings

_DEFAULT_CENTRAL = Address("127.0.0.1", 5000)


def facts(settings: UpSettings, network: Network) -> dict[str, object]:
    """ready.json: addresses as others reach them, and the process ids."""
    pids = network.pids
    return {
        "central": str(_central(settings, network)),
        "kafka": str(_kafka(settings, network)),
        "database": _database(settings),
        "points": [
            {
                "cp_id": cp_id,
                "engine": network.engines[cp_id],
                "pids": {"monitor": pids[f"{cp_id}-monitor"], "engine": pids[f"{cp_id}-engine"]},
            }
            for cp_id in settings.cp_ids
        ],
        **({"tls_ca": str(safety.ca_of(settings).resolve())} if settings.tls else {}),
        **({"secrets": _secrets(settings)} if settings.auth else {}),
        **({"metrics": _metrics(settings, network)} if settings.metrics else {}),
        "pids": {name: pids[name] for name in ("central", "broker", "driver") if name in pids},
    }


def guide(settings: UpSettings, network: Network) -> list[str]:
    """Where everything listens, and how to try it."""
    central, kafka = _central(settings, network), _kafka(settings, network)
    to_central = [] if central == _DEFAULT_CENTRAL else ["--central", str(central)]
    to_central += safety.of_client(settings)
    scheme = "https" if settings.metrics_tls_cert else "http"
    lines = [
        words.CENTRAL(address=central) + (words.ELSEWHERE() if settings.central else ""),
        words.KAFKA(address=kafka) + ("" if settings.kafka else words.EMBEDDED()),
    ]
    if not settings.central:
        lines.append(words.DATABASE(address=_database(settings)))
    lines += [words.POINT(cp_id=cp_id, address=network.engines[cp_id]) for cp_id in settings.cp_ids]
    lines += [
        words.METRICS(name=name, scheme=scheme, address=address)
        for name, address in sorted(_metrics(settings, network).items())
    ]
    if settings.auth:
        lines.append(words.SECRETS(folder=settings.secrets_dir))
    lines.append(words.LOGS(folder=settings.data_dir / "logs"))
    if settings.advertised == "127.0.0.1" and settings.host != "127.0.0.1" and not settings.central:
        lines.append(words.NOT_REACHABLE())
    lines.append(words.TRY())
    if settings.cp_ids:
        charge = ["charge", settings.cp_ids[0], "--energy", "5", "--follow"]
        driver = [
            _program("ev-driver"),
            "--driver-id",
            enrolling.GUEST,
            *to_central,
            *enrolling.of_driver(settings, enrolling.GUEST),
            "--kafka",
            str(kafka),
            *_kafka_words(settings),
        ]
        lines.append(f"  {shlex.join([*driver, *charge])}")
    operator = enrolling.of_operator(settings)
    lines += [f"  {shlex.join([_program('ev-admin'), *to_central, *operator, 'cps'])}", words.CTRL_C()]
    return lines


def _secrets(settings: UpSettings) -> dict[str, object]:
    """The files of those who are not programs of ours; a point's secret is its own business."""
    drivers = enrolling.drivers(settings)
    return {
        "operator": str(enrolling.file_of(settings, "admin", enrolling.OPERATOR).resolve()),
        "drivers": {one: str(enrolling.file_of(settings, "driver", one).resolve()) for one in drivers},
    }


def _central(settings: UpSettings, network: Network) -> Address:
    assert network.central_at is not None
    return settings.central or Address(settings.advertised, network.central_at.port)


def _kafka(settings: UpSettings, network: Network) -> Servers:
    assert network.kafka_at is not None
    return settings.kafka or Servers([Address(settings.advertised, network.kafka_at[0].port)])


def _kafka_words(settings: UpSettings) -> list[str]:
    """What else a program must be told of Kafka. Options told one by one may hold a password: they are not repeated."""
    prefix = ["--kafka-topic-prefix", settings.kafka_topic_prefix] if settings.kafka_topic_prefix else []
    file = ["--kafka-options-file", str(settings.kafka_options_file)] if settings.kafka_options_file else []
    return [*prefix, *file]


def _metrics(settings: UpSettings, network: Network) -> dict[str, str]:
    """Where each program shows its figures, by its name."""
    told = {name: parse_address(address) for name, address in network.metrics.items()}
    return {
        name: str(Address(settings.advertised, at.port) if is_anywhere(at.host) else at) for name, at in told.items()
    }


def _database(settings: UpSettings) -> str | None:
    """Without the password, which is nobody else's business."""
    if settings.central:
        return None
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", commands.database(settings))


def _program(name: str) -> str:
    """How to call a program of ours here: by its name where the shell finds it, else by where it is."""
    beside = Path(sys.executable).with_name(name)
    if shutil.which(name) or not beside.exists():
        return name
    try:
        return str(beside.relative_to(Path.cwd()))
    except ValueError:
        return str(beside)
