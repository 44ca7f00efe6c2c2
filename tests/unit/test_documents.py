"""What the documents promise is shown by tests that are there: their names are held together here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The pages that name a test for each promise.
PAGES = ["docs/reliability.md", "SECURITY.md", "docs/faults.md", "docs/operations/access.md"]
_NAMED = re.compile(r"`(test_\w+(?=(?:\.py)?`)|[\w.-]*/[\w/.-]+\.(?:py|md|json|yml)|tests/[\w/]+)(?:\.py)?`")
_TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
}
_FILES = {file.name for file in (ROOT / "tests").rglob("test_*.py")}


def _is_there(named: str) -> bool:
    if "/" in named:
        return (ROOT / named).exists()
    return named in _TESTS or f"{named}.py" in _FILES


@pytest.mark.parametrize("page", [page for page in PAGES if (ROOT / page).exists()])
def test_every_test_and_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [named for named in _NAMED.findall(text) if not _is_there(named)] == []
