"""The pages for people: their links lead somewhere, and the variables that they name are read by somebody."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from common.schema.cli import SETTINGS
from common.settings import CONFIG_ENV, SECRETS_KEY_ENV

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Read by the tests alone (tests/servers.py).
OF_TESTS = {"EV_TEST_EXAMPLES", "EV_TEST_KAFKA", "EV_TEST_POSTGRES", "EV_TEST_REQUIRE"}

of_each = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@of_each
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text()):
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(f"{path}#{anchor}")
    assert lost == []


@of_each
def test_variables_are_read_by_somebody(page: Path) -> None:
    models = [one.load() for one in entry_points(group=SETTINGS)]
    known = {model.env_name(field) for model in models for field in model.model_fields}
    named = set(re.findall(r"\bEV_[A-Z0-9_]*[A-Z0-9]\b", page.read_text()))
    assert named - known - OF_TESTS - {CONFIG_ENV, SECRETS_KEY_ENV} == set()
