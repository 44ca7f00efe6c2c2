"""The Markdown page of the settings, from the models that are handed in. No I/O."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic.fields import FieldInfo

from common.command import placeholder, shown_default
from common.settings import ProcessSettings, option_name

_HEAD = """\
# The settings

Written by `ev-schema settings` from the programs' settings models; a test fails when this page is stale.

An option on the command line wins over its variable in the environment, that over `ev.toml` in the current directory (or the file
that `EV_CONFIG` names), that over the default. In `ev.toml` each program has a table; a key that has none here stands at the top of
the file, for all programs, or in the table of one. `central` must be in the program's table where there is a table `[central]`. What
belongs to a single command (`ev-driver charge --energy`) is in its `--help`.
"""
_EVERY = "Every program"
_SEVERAL = "Several programs"
_COLUMNS = "option | environment | `ev.toml` | value | default | what it is |"

Models = Mapping[str, type[ProcessSettings]]


class _Row(NamedTuple):
    """One setting, as one or more programs have it."""

    option: str
    environment: str
    key: str
    value: str
    default: str
    what: str


def settings_page(models: Models) -> str:
    users: dict[str, int] = {}
    rows = _rows(models)
    for row, names in rows.items():
        users[row.environment] = users.get(row.environment, 0) + len(names)
    places: dict[str, list[tuple[_Row, list[str]]]] = {title: [] for title in (_EVERY, _SEVERAL, *models)}
    # What has one name and differs from program to program stands together.
    for row, names in sorted(rows.items(), key=lambda one: list(users).index(one[0].environment)):
        places[_place(users[row.environment], names, models)].append((row, names))
    return _HEAD + "".join(_table(title, found) for title, found in places.items() if found)


def _rows(models: Models) -> dict[_Row, list[str]]:
    """Each setting with the programs that have it just so."""
    found: dict[_Row, list[str]] = {}
    for program, model in models.items():
        for name in model.model_fields:
            found.setdefault(_row(model, name), []).append(program)
    return found


def _place(users: int, names: list[str], models: Models) -> str:
    if users == 1:
        return names[0]
    return _EVERY if len(names) == len(models) else _SEVERAL


def _row(model: type[ProcessSettings], name: str) -> _Row:
    field = model.model_fields[name]
    default = shown_default(field)
    key, environment = name.rstrip("_"), model.env_name(name)
    own = environment.startswith(f"EV_{model.process.upper()}_")
    option = f"--{option_name(name)}"
    return _Row(
        option=f"`{option}`, `--no-{option[2:]}`" if field.annotation is bool else f"`{option}`",
        environment=f"`{environment}`",
        key=f"`[{model.process}]` `{key}`" if own else f"`{key}`",
        value=_value(field),
        default="required" if default is None else default if default == "none" else f"`{default}`",
        what=(field.description or "").replace("|", "&#124;"),
    )


def _value(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "`true`, `false`"
    kind = ", ".join(f"`{one}`" for one in placeholder(field.annotation).split("|"))
    return " ".join([kind, *_bounds(field)])


def _bounds(field: FieldInfo) -> Iterator[str]:
    for limit in field.metadata:
        match limit:
            case Ge(least):
                yield f"from {least}"
            case Gt(least):
                yield f"over {least}"
            case Le(most):
                yield f"up to {most}"
            case Lt(most):
                yield f"under {most}"
            case MaxLen(most):
                yield f"of up to {most} characters"


def _table(title: str, rows: list[tuple[_Row, list[str]]]) -> str:
    several = title == _SEVERAL
    columns = f"| {'programs | ' if several else ''}{_COLUMNS}"
    lines = [columns, "|" + "---|" * columns.count(" |")]
    for row, names in rows:
        cells = [", ".join(f"`{name}`" for name in names), *row] if several else row
        lines.append(f"| {' | '.join(cells)} |")
    return f"\n## {title if title in (_EVERY, _SEVERAL) else f'`{title}`'}\n\n" + "\n".join(lines) + "\n"
