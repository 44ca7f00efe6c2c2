"""
What people read comes from the catalogue: programs have no words of their own to say.

Looked for in two ways: whatever is handed to something that speaks to people, in any module; and sentences anywhere in the
modules whose business it is. What is logged, sent, stored or shown by `--help` (see test_help.py) is not meant.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ("central", "charging_point", "common", "deploy", "driver")
#: Calls whose arguments people read: exceptions that become a sentence, writers, verdicts, headings.
SPEAKING = {
    *("ArgumentTypeError", "BadSetting", "CannotBuild", "CannotRun", "CannotStart", "Stop"),
    *("Failed", "Verdict", "failed"),
    *("add_column", "echo", "exit", "print", "say", "_say", "show_sentence", "tell", "_tell", "write"),
}
#: Modules that make sentences for people, wherever those are said in the end.
SPEAKERS = (
    "**/cli.py",
    "**/console.py",
    "**/console/*.py",
    "central/admin/*.py",
    "central/proofs.py",
    "central/store/engine.py",
    "central/store/settings.py",
    "central/store/sole_use.py",
    "common/command.py",
    "common/kafka/embedded.py",
    "common/kafka/options.py",
    "common/settings.py",
    "common/ui/*.py",
    "deploy/**/*.py",
    "driver/errands.py",
    "driver/itinerary.py",
    "driver/runtime.py",
)
#: Keywords of calls whose text `--help` shows: their pairs stand in common/words/help.py.
HELP = {"description", "help"}
#: Of these, what speaks to programs, over HTTP or as a health check, and what names colours.
NOT_SPEAKERS = {"common/ui/theme.py", "deploy/health.py", "deploy/vitals.py"}
#: What is no word of ours to people, as patterns, each with the reason.
ALLOWED = {
    r"(ev-|ev-[a-z]+|deploy|deploy\.[a-z]+)(: | )?": "who speaks, before the sentence",
    r"(ev-\w+|kafka| metrics| registered| listening)( listening)?( on | with |\n)": "lines that programs wait for",
    r".*(\\S\+\)?|ready in \.\*)": "patterns of such lines",
    r"<svg.*|\n?import (ast|pip).*|\)\n +termios.*": "code in another language, or for another process",
    r"SELECT .*": "SQL",
    r"usage: python -m deploy\.health.*": "read in the log of a container, if ever",
    r"Input should be|Value error, |must be": "pydantic's words, on their way to the catalogue",
    r"Could not (transfer|resolve)|Unknown host|Kafka Server started|Address already in use": "looked for in others' logs",
    r"ruff (check|format)": "names of tools",
    r"export sessions\|events FILE": "a command of the console, as it is typed",
    r"log of ": "the name of a task",
    r"File exists": "given to an OSError in the system's words, and told with them",
    r"deploy: Python 3\.11 or newer.*|\. Try python3\.11.*": "said by a Python that cannot read the catalogue",
    r"Another Central was started under.*|; this one ends\..*": "fails a task of a running Central: logged and shown by /healthz",
    r"The link ended\.": "caught where it is raised",
    r"there was no answer": "stored in a trace",
}

OPTION = re.compile(r"--[a-z-]+")
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}")


def modules() -> Iterator[Path]:
    for program in PROGRAMS:
        for path in sorted((ROOT / program).rglob("*.py")):
            place = path.relative_to(ROOT)
            if "migrations" not in place.parts and not place.is_relative_to("common/words"):
                yield path


def literals(node: ast.AST) -> Iterator[ast.Constant]:
    """The texts in an expression; not the keys that index something, nor what another call in it takes."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node
    elif isinstance(node, ast.Subscript | ast.FormattedValue):
        yield from literals(node.value)
    elif not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def said(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in SPEAKING:
            for argument in node.args:
                yield from (one for one in literals(argument) if WORD.search(OPTION.sub("", str(one.value))))


def documented(tree: ast.Module) -> set[ast.AST]:
    """Docstrings, what is logged and what help shows."""
    apart: set[ast.AST] = set()
    for node in ast.walk(tree):
        is_help = isinstance(node, ast.keyword) and node.arg in HELP
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            apart.add(node.value)
        elif is_help or (isinstance(node, ast.Call) and (name_of(node) == "new_app" or is_logged(node))):
            apart |= set(ast.walk(node))
    return apart


def is_logged(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "log"


def sentences(tree: ast.Module) -> Iterator[ast.Constant]:
    apart = documented(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in apart:
            yield from [node] if SENTENCE.search(node.value) else []


def found() -> Iterator[tuple[str, str]]:
    speakers = {path for pattern in SPEAKERS for path in ROOT.glob(pattern)} - {ROOT / name for name in NOT_SPEAKERS}
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = path.relative_to(ROOT).as_posix()
        words = [*said(tree), *(sentences(tree) if path in speakers else ())]
        yield from ((f"{place}:{one.lineno}", one.value) for one in words)


def allowed(words: str) -> str | None:
    return next((pattern for pattern in ALLOWED if re.fullmatch(pattern, words, re.DOTALL)), None)


def test_programs_have_no_words_of_their_own() -> None:
    assert sorted({(place, words) for place, words in found() if allowed(words) is None}) == []


def test_nothing_is_allowed_that_nobody_says() -> None:
    assert ALLOWED.keys() - {allowed(words) for _, words in found()} == set()
