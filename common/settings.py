"""The only reader of the environment: one settings model a process, command line over EV_* over ev.toml over defaults."""

import os
import re
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from common.errors import BadSetting
from common.failpoints import Place
from common.framing import MAX_FRAME_BYTES
from common.kafka.options import as_options, properties, read_options
from common.net.address import HostPort, HostPorts
from common.words import Language, language_of

CONFIG_ENV = "EV_CONFIG"
CONFIG_FILE = "ev.toml"
#: For the fault harness alone: no options, in no help, off unless they stand in the environment.
FAILPOINT_ENV, FAILPOINT_TRACE_ENV, CLOCK_JUMP_ENV = "EV_FAILPOINT", "EV_FAILPOINT_TRACE", "EV_CLOCK_JUMP"

Settings = TypeVar("Settings", bound="ProcessSettings")

LogFormat = Literal["auto", "human", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
Lang = Literal["auto", "en", "zh"]
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says anything decides, as everywhere


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
        raise ValueError("must be an http or https address, for example http://127.0.0.1:4318")
    return text


CollectorUrl = Annotated[str, AfterValidator(_read_url)]


class Watchable(ProcessSettings):
    """For programs that can be watched while they run."""

    shared: ClassVar[bool] = True

    metrics: HostPort | None = Field(
        None, description="serve /metrics, /healthz and /readyz at HOST:PORT; port 0 takes a free one and says which"
    )
    traces: CollectorUrl | None = Field(
        None,
        description="send traces to this OTLP/HTTP collector, for example http://127.0.0.1:4318 (needs the extra tracing)",
    )


def _part_of_a_topic(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", text):
        raise ValueError("must be up to 100 characters of A-Z a-z 0-9 . _ -")
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


class WithCentral(ProcessSettings):
    """For processes that connect to Central."""

    shared: ClassVar[bool] = True

    central: HostPort = Field("127.0.0.1:5000", description="Central as HOST:PORT")  # type: ignore[assignment]
    secret_file: Path | None = Field(None, description="file with the secret to prove oneself with, when asked to")

    def read_secret(self) -> str | None:
        """The secret, if there is one; raises BadSetting."""
        if self.secret_file is None:
            return None
        found = read_text(self.secret_file).strip()
        if not found:
            raise BadSetting(f"{self.secret_file} is empty; write the secret into it.")
        return found


def read_text(path: Path) -> str:
    """A file that the user named; raises BadSetting."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadSetting(f"{path} is no text.") from None
    except OSError as wrong:
        raise BadSetting(f"Cannot read {path}: {wrong.strerror or wrong}.") from None


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
            raise BadSetting(f"{path}: [{self.settings_cls.process}] must be a table.")
        top = {name: value for name, value in whole.items() if not isinstance(value, dict)}
        known = {name.rstrip("_"): name for name in self.settings_cls.model_fields}
        strange = sorted(own.keys() - known.keys())
        if strange and not self.settings_cls.reads_a_part:
            raise BadSetting(f"{path}: [{self.settings_cls.process}] has no setting {strange[0]!r}; see --help.")
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
        raise BadSetting(f"{path} does not exist; {CONFIG_ENV} names it.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        hint = f" ({CONFIG_ENV} names it)" if told else ""
        raise BadSetting(f"Cannot read {path}{hint}: {wrong}.") from None


def load(model: type[Settings], command_line: dict[str, Any]) -> Settings:
    """The settings of one process; raises BadSetting that names the option, variable or file at fault."""
    try:
        return model(**command_line)
    except ValidationError as wrong:
        fault = wrong.errors(include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else ""
        if fault["type"] == "missing":
            raise BadSetting(f"--{option_name(field)} is required (or {model.env_name(field)}).") from None
        sentence = fault["msg"].removeprefix("Value error, ")
        sentence = sentence.replace("Input should be", "must be")
        if fault["type"] == "string_pattern_mismatch":
            # People do not read patterns; all of ours are ids.
            sentence = "must be an id: 1 to 36 characters of A-Z a-z 0-9 . _ -"
        raise BadSetting(f"{_where(model, field, command_line)}: {sentence} (it is {fault['input']!r}).") from None


def chosen_language(arguments: Sequence[str]) -> Language:
    """
    The language to speak from the first word on: that of --lang, else EV_LANG, else ev.toml, else the locale.

    Help and mistakes are told before there are settings, so nothing is refused here; a wrong word is, by the settings.
    """
    told = [after for word, after in pairwise(arguments) if word == "--lang"]
    told += [word.removeprefix("--lang=") for word in arguments if word.startswith("--lang=")]
    told.append(os.environ.get("EV_LANG", ""))
    with suppress(BadSetting):
        path, _ = _config_path()
        told.append(str(_read_toml(path, False).get("lang", "")) if path else "")
    asked = next((word for word in told if word in tuple(Language)), None)
    if asked:
        return Language(asked)
    return language_of(next((found for name in _LOCALE if (found := os.environ.get(name))), ""))


def read_failpoint() -> tuple[Place, int, Path] | None:
    """Where this process is to die: EV_FAILPOINT=PLACE=N, with EV_FAILPOINT_TRACE=FILE; raises BadSetting."""
    told, trace = os.environ.get(FAILPOINT_ENV), os.environ.get(FAILPOINT_TRACE_ENV)
    if told is None and trace is None:
        return None
    if not told or not trace:
        raise BadSetting(
            f"{FAILPOINT_ENV} and {FAILPOINT_TRACE_ENV} go together: this process is to die, and to say so."
        )
    name, _, passing = told.partition("=")
    place = next((one for one in Place if one == name), None)
    if place is None or not re.fullmatch(r"[1-9]\d{0,8}", passing):
        known = ", ".join(Place)
        raise BadSetting(f"{FAILPOINT_ENV}: must be PLACE=N with one of {known} (it is {told!r}).")
    return place, int(passing), Path(trace)


def read_clock_jump() -> tuple[float, float] | None:
    """How far and how soon the wall clock is to jump: EV_CLOCK_JUMP=SECONDS@AFTER; raises BadSetting."""
    told = os.environ.get(CLOCK_JUMP_ENV)
    if told is None:
        return None
    found = re.fullmatch(r"([+-]?\d{1,9})@(\d{1,9})", told)
    if found is None:
        raise BadSetting(f"{CLOCK_JUMP_ENV}: must be SECONDS@AFTER in whole seconds (it is {told!r}).")
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
