"""The file of a fleet, YAML or JSON: read, and every mistake said in one sentence with its line and its path in the file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from charging_point.fleet.spec import Distribution, FleetSpec
from common.errors import BadSetting
from common.settings import read_text
from common.words import fleet as words
from common.words.system import fault

Step = str | int
#: A fleet's file is small; what is larger is something else.
_MOST_BYTES = 10 * 1024 * 1024
_MOST_DEPTH = 20
_MERGE = "tag:yaml.org,2002:merge"


def read_spec(path: Path) -> FleetSpec:
    """Raises BadSetting."""
    text = read_text(path)
    if len(text) > _MOST_BYTES:
        raise BadSetting(words.FILE_TOO_LARGE(path=path))
    root = _parse(path, text)
    lines = dict(_lines(path, root))
    try:
        return FleetSpec.model_validate(_Plain.values(root), context={"path": path})
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_context=False)
        # Of a value that may be one of several kinds, the kind that came furthest says most.
        first = max(found, key=lambda one: len(_place(one["loc"], lines)))
        place = _place(first["loc"], lines)
        where, line = _dotted(place), lines.get(tuple(place), 1)
        if first["type"] == "missing":
            named = _dotted([*place, first["loc"][-1]])
            raise BadSetting(words.IN_FILE_MISSING(path=path, line=line, where=named)) from None
        if first["type"] == "extra_forbidden":
            raise BadSetting(words.NOT_KNOWN_THERE(path=path, line=line, where=where)) from None
        why = _complaint(first)
        raise BadSetting(words.IN_FILE(path=path, line=line, where=where, why=why.rstrip("."))) from None


def _complaint(found: ErrorDetails) -> str:
    if found["type"].startswith("model_"):
        is_spread = any(Distribution.__name__ in str(step) for step in found["loc"])
        return (words.MUST_BE_ONE_DISTRIBUTION if is_spread else words.MUST_BE_TABLE)()
    if found["type"] == "tuple_type":
        return words.MUST_BE_LIST()
    return fault(found["msg"].removeprefix("Value error, ").replace("Input should be", "must be"))


def _parse(path: Path, text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line = mark.line + 1 if mark else 1
        raise BadSetting(words.NO_YAML(path=path, line=line, why=wrong.problem or wrong.context or "")) from None
    except (yaml.YAMLError, RecursionError) as wrong:
        raise BadSetting(words.NO_YAML(path=path, line=1, why=str(wrong).partition("\n")[0])) from None
    if not isinstance(root, yaml.MappingNode):
        raise BadSetting(words.NO_MAPPING(path=path))
    return root


def _lines(path: Path, node: yaml.Node, at: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], int]]:
    """The line of each place; a key that stands twice is a mistake, since one of its values would be lost."""
    if len(at) > _MOST_DEPTH:
        raise BadSetting(words.TOO_DEEP(path=path, line=node.start_mark.line + 1))
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for number, inner in enumerate(node.value):
            yield from _lines(path, inner, (*at, number))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, inner in node.value:
            name = str(key.value)
            if name in seen:
                where = _dotted((*at, name))
                raise BadSetting(words.KEY_TWICE(path=path, line=key.start_mark.line + 1, where=where))
            seen.add(name)
            for place, line in _lines(path, inner, (*at, name)):
                yield place, key.start_mark.line + 1 if place == (*at, name) else line


class _Plain(yaml.constructor.SafeConstructor):
    """Values of nodes that were composed already."""

    @classmethod
    def values(cls, root: yaml.Node) -> Any:
        return cls().construct_document(root)


def _place(loc: Sequence[Step], lines: dict[tuple[Step, ...], int]) -> list[Step]:
    """The steps that lead to something in the file; pydantic's own names of kinds are left out."""
    found: list[Step] = []
    for step in loc:
        if (*found, step) in lines:
            found.append(step)
    return found


def _dotted(place: Sequence[Step]) -> str:
    told = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    return told.removeprefix(".") or words.THE_FILE()
