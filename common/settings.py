"""The only reader of the environment: one settings model a process, command line over EV_* over ev.toml over defaults."""

import os
import re
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from common.errors import BadSetting
from common.failpoints import Place
from common.framing import MAX_FRAME_BYTES
from common.kafka.options import as_options, properties, read_options
from common.net.address import HostPort, HostPorts
from common.words import Language, asked_language
from common.words import settings as words
from common.words.system import fault, why

CONFIG_ENV = "EV_CONFIG"
CONFIG_FILE = "ev.toml"
#: The key of Central's secrets itself, for who brings secrets in by the environment; no option, since everyone may read those.
SECRETS_KEY_ENV = "EV_SECRETS_KEY"
#: For the fault harness alone: no options, in no help, off unless they stand in the environment.
FAILPOINT_ENV, FAILPOINT_TRACE_ENV, CLOCK_JUMP_ENV = "EV_FAILPOINT", "EV_FAILPOINT_TRACE", "EV_CLOCK_JUMP"

Settings = TypeVar("Settings", bound="ProcessSettings")

LogFormat = Literal["auto", "human", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
Lang = Literal["auto", "en", "zh"]


class ProcessSettings(BaseSettings):
    """What every process can be told. A subclass names its process and adds its own."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, validate_default=True)

    #: Names the table in ev.toml, and the middle of the environment names of its own fields.
    process: ClassVar[str] = ""
    #: Whether the table is another program's, of which this model knows a part.
    reads_a_part: ClassVar[bool] = False

    log_format: LogFormat = Field("auto", description="human lines, JSON lines, or auto: human on a terminal")
    log_level: LogLevel = Field("info", description="least important level that is logged")
    lang: Lang = Field(
        "auto", description="language for people: en, zh (Simplified Chinese), or auto: that of the locale"
    )
    max_frame_bytes: int = Field(MAX_FRAME_BYTES, ge=1024, le=16 * 1024 * 1024, description="longest frame on TCP")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings  # our own source knows our names
        return init_settings, _Environment(settings_cls), _TomlFile(settings_cls)

    @classmethod
    def env_name(cls, field: str) -> str:
        """EV_KAFKA for what processes share, EV_CENTRAL_PORT for what is one's own."""
        owner = next(k for k in reversed(cls.__mro__) if field in getattr(k, "__annotations__", {}))
        prefix = "" if owner is ProcessSettings or owner.__dict__.get("shared") else f"{cls.process.upper()}_"
        return f"EV_{prefix}{field.rstrip('_').upper()}"


def _read_url(text: str) -> str:
    found = urlsplit(text)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError(words.MUST_BE_URL())
    return text


CollectorUrl = Annotated[str, AfterValidator(_read_url)]


class Watchable(ProcessSettings):
    """For programs that can be watched while they run."""

    shared: ClassVar[bool] = True

    metrics: HostPort | None = Field(
        None, description="serve /metrics, /healthz and /readyz at HOST:PORT; port 0 takes a free one and says which"
    )
    metrics_tls_cert: Path | None = Field(None, description="certificate (PEM) of the pages; turns HTTPS on for them")
    metrics_tls_key: Path | None = Field(None, description="its key (PEM), where it is not in the same file")
    metrics_tls_client_ca: Path | None = Field(
        None, description="serve the pages only to clients with a certificate of this CA (PEM)"
    )
    metrics_token_file: Path | None = Field(
        None, description="serve the pages only to who sends the token in this file (Authorization: Bearer TOKEN)"
    )
    insecure: bool = Field(
        False, description="listen beyond loopback even where TLS or authentication is missing, with a warning"
    )
    traces: CollectorUrl | None = Field(
        None,
        description="send traces to this OTLP/HTTP collector, for example http://127.0.0.1:4318 (needs the extra tracing)",
    )


def _part_of_a_topic(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", text):
        raise ValueError(words.MUST_BE_TOPIC_PART())
    return text


Options = Annotated[tuple[str, ...], BeforeValidator(as_options)]


class WithKafka(ProcessSettings):
    """For processes that use Kafka."""

    shared: ClassVar[bool] = True

    kafka: HostPorts | None = Field(None, description="Kafka as HOST:PORT, or several brokers with commas between")
    kafka_topic_prefix: Annotated[str, AfterValidator(_part_of_a_topic)] = Field(
        "", description="what every topic and consumer group begins with: several networks can share one Kafka"
    )
    kafka_option: Options = Field(
        (), description="option of librdkafka as NAME=VALUE; may be given again (in the environment, a line for each)"
    )
    kafka_options_file: Path | None = Field(
        None, description="file of such options, for passwords: NAME=VALUE lines, # begins a comment"
    )
    kafka_fetch_wait_ms: int = Field(
        100, ge=1, le=10_000, description="how long the broker may hold a fetch that finds nothing"
    )

    def read_kafka_options(self) -> dict[str, str]:
        """Those of the file, and over them those told one by one; raises BadSetting."""
        path = self.kafka_options_file
        written = read_options(properties(read_text(path)), str(path)) if path else {}
        return written | read_options(self.kafka_option, "--kafka-option")


class Listens(ProcessSettings):
    """For processes whose port others connect to. Each has a certificate of its own, so none of this is shared."""

    tls_cert: Path | None = Field(None, description="certificate (PEM) of the port; turns TLS on for it")
    tls_key: Path | None = Field(None, description="its key (PEM), where it is not in the same file")
    tls_client_ca: Path | None = Field(
        None, description="take only clients with a certificate of this CA (PEM), each point under its own"
    )


class ShowsCertificate(ProcessSettings):
    """For processes that connect to others, and may have to show who they are."""

    tls_cert: Path | None = Field(None, description="certificate (PEM) to show where one is asked for")
    tls_key: Path | None = Field(None, description="its key (PEM), where it is not in the same file")


class Proves(ProcessSettings):
    """For processes that prove who they are, or sign what they say."""

    shared: ClassVar[bool] = True

    secret_file: Path | None = Field(None, description="file with the secret to prove oneself with, when asked to")

    def read_secret(self) -> str | None:
        """The secret, if there is one; raises BadSetting."""
        return None if self.secret_file is None else read_secret(self.secret_file)


class WithSecretsKey(ProcessSettings):
    """For programs that read or write the secrets in Central's database."""

    shared: ClassVar[bool] = True

    secrets_key_file: Path | None = Field(
        None,
        description="file with the key of the secrets in the database, the same for all its Centrals; by default "
        "secrets.key in the data directory, made at the first start (or EV_SECRETS_KEY has the key itself)",
    )


class DialsCentral(ShowsCertificate):
    """For processes that connect to Central, for whomever they speak there."""

    shared: ClassVar[bool] = True

    central: HostPort = Field("127.0.0.1:5000", description="Central as HOST:PORT")  # type: ignore[assignment]
    tls_ca: Path | None = Field(
        None, description="connect to Central with TLS, and trust what this CA (PEM) made; the host name must be right"
    )


class WithCentral(DialsCentral, Proves):
    """For processes that speak to Central for themselves."""

    shared: ClassVar[bool] = True


def read_secret(path: Path) -> str:
    """The secret in a file; raises BadSetting."""
    found = read_text(path).strip()
    if not found:
        raise BadSetting(words.EMPTY_SECRET(path=path))
    return found


def read_text(path: Path) -> str:
    """A file that the user named; raises BadSetting."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadSetting(words.NO_TEXT(path=path)) from None
    except OSError as wrong:
        raise BadSetting(words.CANNOT_READ(path=path, why=why(wrong.strerror or str(wrong)))) from None


class _Environment(PydanticBaseSettingsSource):
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        assert issubclass(self.settings_cls, ProcessSettings)
        return os.environ.get(self.settings_cls.env_name(field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(info, name)[0] for name, info in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class _TomlFile(PydanticBaseSettingsSource):
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        assert issubclass(self.settings_cls, ProcessSettings)
        path, told = _config_path()
        if path is None:
            return {}
        whole = _read_toml(path, told)
        own = whole.get(self.settings_cls.process, {})
        if not isinstance(own, dict):
            raise BadSetting(words.MUST_BE_TABLE(path=path, table=self.settings_cls.process))
        top = {name: value for name, value in whole.items() if not isinstance(value, dict)}
        known = {name.rstrip("_"): name for name in self.settings_cls.model_fields}
        strange = sorted(own.keys() - known.keys())
        if strange and not self.settings_cls.reads_a_part:
            raise BadSetting(words.NO_SUCH_SETTING(path=path, table=self.settings_cls.process, name=strange[0]))
        return {known[name]: value for name, value in {**top, **own}.items() if name in known}


def _config_path() -> tuple[Path | None, bool]:
    told = os.environ.get(CONFIG_ENV)
    if told:
        return Path(told), True
    found = Path(CONFIG_FILE)
    return (found, False) if found.is_file() else (None, False)


def _read_toml(path: Path, told: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSetting(words.NO_CONFIG(path=path, variable=CONFIG_ENV)) from None
    except (OSError, ValueError, RecursionError) as wrong:  # the parser knows no end of digits and brackets
        if told:
            raise BadSetting(words.CANNOT_READ_CONFIG(path=path, variable=CONFIG_ENV, why=wrong)) from None
        raise BadSetting(words.CANNOT_READ(path=path, why=wrong)) from None


def load(model: type[Settings], command_line: dict[str, Any]) -> Settings:
    """The settings of one process; raises BadSetting that names the option, variable or file at fault."""
    try:
        return model(**command_line)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False)[0]
        field = str(found["loc"][0]) if found["loc"] else ""
        if found["type"] == "missing":
            raise BadSetting(words.REQUIRED(option=option_name(field), variable=model.env_name(field))) from None
        where = _where(model, field, command_line)
        raise BadSetting(words.WRONG(where=where, why=_complaint(found), value=found["input"])) from None


def _complaint(found: ErrorDetails) -> str:
    """What pydantic has against a value, as one reads it after the name of the setting."""
    if found["type"] == "string_pattern_mismatch":
        return words.MUST_BE_ID()  # people do not read patterns; all of ours are ids
    return fault(found["msg"].removeprefix("Value error, ").replace("Input should be", "must be"))


def chosen_language(arguments: Sequence[str]) -> Language:
    """
    The language to speak from the first word on: that of --lang, else EV_LANG, else ev.toml, else the locale.

    Help and mistakes are told before there are settings, so nothing is refused here; a wrong word is, by the settings.
    """
    written: list[str] = []
    with suppress(BadSetting):
        path, _ = _config_path()
        written.append(str(_read_toml(path, False).get("lang", "")) if path else "")
    return asked_language(arguments, os.environ, written)


def state_home() -> Path:
    """Where programs of this person keep what is worth keeping, as the XDG base directories say."""
    told = os.environ.get("XDG_STATE_HOME", "")
    return Path(told) if told.startswith("/") else Path.home() / ".local" / "state"


def read_secrets_key() -> str | None:
    return os.environ.get(SECRETS_KEY_ENV) or None


def read_failpoint() -> tuple[Place, int, Path] | None:
    """Where this process is to die: EV_FAILPOINT=PLACE=N, with EV_FAILPOINT_TRACE=FILE; raises BadSetting."""
    told, trace = os.environ.get(FAILPOINT_ENV), os.environ.get(FAILPOINT_TRACE_ENV)
    if told is None and trace is None:
        return None
    if not told or not trace:
        raise BadSetting(words.FAILPOINT_ALONE(place=FAILPOINT_ENV, trace=FAILPOINT_TRACE_ENV))
    name, _, passing = told.partition("=")
    place = next((one for one in Place if one == name), None)
    if place is None or not re.fullmatch(r"[1-9]\d{0,8}", passing):
        why_not = words.MUST_BE_FAILPOINT(places=", ".join(Place))
        raise BadSetting(words.WRONG(where=FAILPOINT_ENV, why=why_not, value=told))
    return place, int(passing), Path(trace)


def read_clock_jump() -> tuple[float, float] | None:
    """How far and how soon the wall clock is to jump: EV_CLOCK_JUMP=SECONDS@AFTER; raises BadSetting."""
    told = os.environ.get(CLOCK_JUMP_ENV)
    if told is None:
        return None
    found = re.fullmatch(r"([+-]?\d{1,9})@(\d{1,9})", told)
    if found is None:
        raise BadSetting(words.WRONG(where=CLOCK_JUMP_ENV, why=words.MUST_BE_JUMP(), value=told))
    return float(found[1]), float(found[2])


def option_name(field: str) -> str:
    """How a field is called on the command line. One that ends in _ avoids a name of Python's or pydantic's own."""
    return field.rstrip("_").replace("_", "-")


def _where(model: type[ProcessSettings], field: str, command_line: dict[str, Any]) -> str:
    env = model.env_name(field) if field in model.model_fields else ""
    if field in command_line:
        return f"--{option_name(field)}"
    if env and env in os.environ:
        return env
    return f"{_config_path()[0] or CONFIG_FILE}: {field}"
