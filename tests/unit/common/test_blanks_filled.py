"""Wherever a text of the catalogue is called by its name, its blanks are filled, and nothing else is given."""

import ast
import importlib
from collections.abc import Iterator
from types import ModuleType

from common.words import Text
from tests.unit.common.test_words import PROGRAMS, ROOT, blanks

CATALOGUE = "common.words"


def texts_known_in(tree: ast.Module) -> dict[str, Text]:
    """Each text that a module can name, by how it is written there: `words.DONE`, `DONE`."""
    found: dict[str, Text] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(CATALOGUE):
            continue
        place = importlib.import_module(str(node.module))
        for name in node.names:
            called = name.asname or name.name
            value = getattr(place, name.name, None) or importlib.import_module(f"{CATALOGUE}.{name.name}")
            if isinstance(value, Text):
                found[called] = value
            elif isinstance(value, ModuleType):
                found |= {f"{called}.{one}": text for one, text in vars(value).items() if isinstance(text, Text)}
    return found


def calls() -> Iterator[tuple[str, Text, set[str]]]:
    for program in PROGRAMS:
        for path in (ROOT / program).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            known = texts_known_in(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and (text := known.get(ast.unparse(node.func))) is not None:
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield place, text, {keyword.arg or "**" for keyword in node.keywords}


def test_every_call_fills_the_blanks() -> None:
    wrong = [
        (place, text.en, sorted(given))
        for place, text, given in calls()
        if given != {name for name, _ in blanks(text.en)} and "**" not in given
    ]
    assert wrong == []


def test_the_calls_are_found() -> None:
    assert len(list(calls())) > 100
