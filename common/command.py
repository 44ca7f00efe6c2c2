"""Command lines: options made from a settings model, one plain sentence for every mistake, exit status 0, 1 or 2."""

import inspect
import os
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Any, Optional, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from typer.main import get_command

from common.errors import BadSetting, EvError
from common.settings import ProcessSettings, chosen_language, load, option_name
from common.words import Language, speak, spoken
from common.words.usage import TRY, mistaken

OK, FAILED, USAGE = 0, 1, 2


def new_app(summary: str) -> typer.Typer:
    """An empty command line with plain help and no shell tricks."""
    return typer.Typer(
        help=summary,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=False,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110},
    )


def with_settings(model: type[ProcessSettings]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace a function's `settings` parameter by one option for each field of the model."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(context: typer.Context, **given: Any) -> Any:
            before = context.obj if isinstance(context.obj, dict) else {}
            settings = load(model, before | _taken(model, given))
            if settings.lang != "auto":  # a program's own table in ev.toml is read only here
                speak(Language(settings.lang))
            return function(settings=settings, **given)

        return _with_options(called, function, model)

    return wrap


def shared_settings(
    model: type[ProcessSettings], *, alone: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """
    For a callback: take the model's options before the command; the command's `with_settings` reads both places.

    `alone` is what `with_settings` made of a command without arguments: it runs where no command is given.
    """

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(context: typer.Context, **given: Any) -> Any:
            context.obj = _taken(model, given)
            outcome = function(**given)
            if alone is None or context.invoked_subcommand is not None:
                return outcome
            return alone(context=context, **dict.fromkeys(model.model_fields))

        return _with_options(called, function, model)

    return wrap


def _taken(model: type[ProcessSettings], given: dict[str, Any]) -> dict[str, Any]:
    """Move the options of the model out of what was given; those that were not told are left out."""
    told = {name: given.pop(name) for name in model.model_fields}
    return {name: value for name, value in told.items() if value is not None and value != []}


def _with_options(
    called: Callable[..., Any], function: Callable[..., Any], model: type[ProcessSettings]
) -> Callable[..., Any]:
    """Make `called` look like `function` with the model's options, for typer to read."""
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    own = [p for p in inspect.signature(function).parameters.values() if p.name != "settings"]
    shown = [context, *own, *(_option(model, name) for name in model.model_fields)]
    called.__name__ = function.__name__
    called.__doc__ = function.__doc__
    called.__annotations__ = {p.name: p.annotation for p in shown}
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in shown]
    )
    return called


def _option(model: type[ProcessSettings], name: str) -> inspect.Parameter:
    field = model.model_fields[name]
    default = shown_default(field)
    note = f"env: {model.env_name(name)}; " + ("required" if default is None else f"default: {default}")
    flag = "--" + option_name(name)
    is_flag = field.annotation is bool
    option = typer.Option(
        f"{flag}/--no-{flag[2:]}" if is_flag else flag,
        help=f"{field.description or ''} [{note}]".strip(),
        show_default=False,
        metavar=None if is_flag else placeholder(field.annotation),
    )
    kind: Any = Optional[bool] if is_flag else Optional[str]  # noqa: UP045 - typer reads this form everywhere
    if get_origin(field.annotation) is tuple:  # may be given again
        kind = Optional[list[str]]  # noqa: UP045 - as above
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


def shown_default(field: FieldInfo) -> str | None:
    """The default as it is written for people; None where the setting is required."""
    if field.is_required():
        return None
    if field.default in (None, (), ""):
        return "none"
    return str(field.default).lower() if field.annotation is bool else str(field.default)


def placeholder(annotation: Any) -> str:
    """What stands for the value of an option in help."""
    text = str(annotation)
    if get_origin(annotation) is tuple:
        return "NAME=VALUE"
    if "Literal" in text:
        return "|".join(str(choice) for choice in get_args(annotation))
    for word, shown in (
        ("Servers", "HOST:PORT[,...]"),
        ("Address", "HOST:PORT"),
        ("Position", "LAT,LON"),
        ("Path", "PATH"),
    ):
        if word in text:
            return shown
    if re.search(r"\bint\b", text):  # a whole word: StringConstraints has it inside
        return "N"
    return "NUMBER" if "float" in text or "Decimal" in text else "TEXT"


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ev-charging {version('ev-charging')}")
        raise typer.Exit


VersionFlag = Annotated[
    bool, typer.Option("--version", help="show the version and leave", callback=_show_version, is_eager=True)
]


def run_app(app: typer.Typer, program: str) -> int:
    """Run a command line to its exit status; nobody ever sees a traceback of a mistake."""
    speak(chosen_language(sys.argv[1:]))
    _write_what_can_be_written()
    try:
        outcome = _command(app)(prog_name=program, standalone_mode=False)
    except typer.Exit as left:
        return int(left.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return FAILED
    except BrokenPipeError:
        # Who read standard output has left; Python flushes it once more at exit, and that must go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except typer.TyperException as wrong:
        told = wrong.format_message() if hasattr(wrong, "format_message") else str(wrong)
        return _complain(program, TRY(told=mistaken(told.strip().rstrip(".")), program=program), USAGE)
    except EvError as wrong:
        return _complain(program, str(wrong), USAGE if isinstance(wrong, BadSetting) else FAILED)
    return outcome if isinstance(outcome, int) else OK


def _write_what_can_be_written() -> None:
    """A terminal of another encoding may not have our characters: better a mark in their place than no words at all."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and spoken() is not Language.ENGLISH:
            stream.reconfigure(errors="replace")


def _command(app: typer.Typer) -> Callable[..., Any]:
    """The command of a program; help that is not in English is laid out by us."""
    command = get_command(app)
    if spoken() is not Language.ENGLISH:
        from common.ui.page import tell_in_words  # noqa: PLC0415 - few need it, and it takes time to load

        tell_in_words(command)
    return command


def _complain(program: str, sentence: str, status: int) -> int:
    sys.stderr.write(f"{program}: {sentence}\n")
    return status
