"""A command line made from settings: help, versions, exit statuses, one sentence for every mistake."""

from collections.abc import Sequence
from typing import ClassVar

import pytest
from pydantic import Field

from common.command import VersionFlag, new_app, run_app, with_settings
from common.errors import CannotStart
from common.settings import ProcessSettings


class KettleSettings(ProcessSettings):
    process: ClassVar[str] = "kettle"

    litres: float = Field(1.0, gt=0, description="how much water")
    whistle: bool = Field(True, description="whether it whistles")
    owner: str = Field(description="whose it is")


class Outcome:
    """What one run of the command line gave."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.mark.usefixtures("clean_place")
class TestKettle:
    @pytest.fixture(autouse=True)
    def _watch(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def run(self, arguments: Sequence[str]) -> Outcome:
        app = new_app("Boils water.")

        @app.command()
        @with_settings(KettleSettings)
        def kettle(settings: KettleSettings, version: VersionFlag = False) -> int:
            """Boil water."""
            del version
            if settings.litres > 5:
                raise CannotStart("The kettle is too small; take less water.")
            print(settings.owner, settings.litres, settings.whistle)  # noqa: T201 - what this command is for
            return 0 if settings.whistle else 1

        self._monkeypatch.setattr("sys.argv", ["kettle", *arguments])
        status = run_app(app, "kettle")
        said = self._capsys.readouterr()
        return Outcome(status, said.out, said.err)

    def test_options_become_settings(self) -> None:
        outcome = self.run(["--owner", "Ana", "--litres", "2.5"])
        assert (outcome.status, outcome.out, outcome.err) == (0, "Ana 2.5 True\n", "")

    def test_a_status_of_the_command_is_the_exit_status(self) -> None:
        assert self.run(["--owner", "Ana", "--no-whistle"]).status == 1

    def test_help_names_the_variable_and_the_default_of_each_option(self) -> None:
        outcome = self.run(["--help"])
        said = " ".join(outcome.out.split())
        assert outcome.status == 0
        assert "how much water [env: EV_KETTLE_LITRES; default: 1.0]" in said
        assert "whose it is [env: EV_KETTLE_OWNER; required]" in said

    def test_the_version_is_told(self) -> None:
        outcome = self.run(["--version"])
        assert (outcome.status, outcome.out.split()[0]) == (0, "ev-charging")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--owner"], "kettle: Option '--owner' requires an argument. Try kettle --help.\n"),
            (["--nonsense"], "kettle: No such option: --nonsense. Try kettle --help.\n"),
            (["--owner", "Ana", "--litres", "x"], "kettle: --litres: must be a valid number"),
            ([], "kettle: --owner is required (or EV_KETTLE_OWNER).\n"),
        ],
    )
    def test_a_wrong_command_line_is_one_sentence_and_status_2(self, arguments: list[str], sentence: str) -> None:
        outcome = self.run(arguments)
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
        assert outcome.err.startswith(sentence)

    def test_what_cannot_start_is_one_sentence_and_status_1(self) -> None:
        outcome = self.run(["--owner", "Ana", "--litres", "6"])
        assert (outcome.status, outcome.err) == (1, "kettle: The kettle is too small; take less water.\n")
