"""What `--help` says: every sentence of every program has its Chinese pair, and no pair is left over."""

import importlib
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from common.columns import filled, width
from common.settings import ProcessSettings
from common.ui.page import Page
from common.words.help import HELP
from common.words.usage import described

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
PROGRAMS: dict[str, str] = PROJECT["scripts"]
MODELS: dict[str, str] = PROJECT["entry-points"]["ev_charging.settings"]


def models() -> Iterator[type[ProcessSettings]]:
    for name, place in MODELS.items():
        model = EntryPoint(name, place, "").load()
        assert issubclass(model, ProcessSettings)
        yield model


def command_of(program: str) -> Any:
    return get_command(importlib.import_module(PROGRAMS[program].partition(":")[0]).app)


def sentences_of(command: Any) -> Iterator[str]:
    """Of a command, of what is its own on its command line, and of the commands under it."""
    yield command.help
    yield from (param.help for param in command.params if param.help and " [env: " not in param.help)
    for under in getattr(command, "commands", {}).values():
        yield from sentences_of(under)


def sentences() -> set[str]:
    own = {sentence for program in PROGRAMS for sentence in sentences_of(command_of(program))}
    return own | {str(field.description) for model in models() for field in model.model_fields.values()}


def test_every_sentence_has_its_pair_and_no_pair_is_left_over() -> None:
    has, needs = {text.en for text in HELP}, sentences()
    assert {"missing": sorted(needs - has), "left over": sorted(has - needs)} == {"missing": [], "left over": []}


def test_no_sentence_has_two_pairs() -> None:
    assert len({text.en for text in HELP}) == len(HELP)


@pytest.mark.usefixtures("in_chinese")
def test_what_the_library_adds_to_a_sentence_is_told_too() -> None:
    assert [
        described("who asks [env: EV_DRIVER_DRIVER_ID; required]"),
        described("longest frame on TCP [env: EV_MAX_FRAME_BYTES; default: 65536]"),
        described("price of one kWh [env: EV_X; default: none]"),
        described("so many  [default: 100; 1<=x<=100000]"),
        described("cp_id of the charging point  [required]"),
        described("Show this message and exit."),
        described("something new"),
    ] == [
        "请求者的标识 [环境变量：EV_DRIVER_DRIVER_ID；必须给出]",
        "TCP 上单帧的最大字节数 [环境变量：EV_MAX_FRAME_BYTES；默认：65536]",
        "每 kWh 的电价 [环境变量：EV_X；默认：无]",
        "数量 [默认：100；1<=x<=100000]",
        "充电桩的 cp_id [必须给出]",
        "显示此帮助后退出。",
        "something new",
    ]


@pytest.mark.usefixtures("in_chinese")
def test_a_page_of_help_keeps_its_columns_where_characters_are_wide() -> None:
    page = Page(width=40)
    page.write_usage("ev-driver", "[OPTIONS] COMMAND [ARGS]...")
    with page.section("Commands"):
        page.write_dl(
            [
                ("列表", "Show the charging points, those that can charge now first."),
                ("--a-long-one-that-has-a-line-of-its-own", "who asks"),
                ("-x", ""),
            ],
            col_max=10,
        )
    assert page.getvalue().splitlines() == [
        "用法：ev-driver [选项] 命令 [参数]...",
        "",
        "命令：",
        "  列表        列出充电桩，现在可充电的排",
        "              在前面。",
        "  --a-long-one-that-has-a-line-of-its-own",
        "              请求者的标识",
        "  -x",
    ]


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("充电桩离线", 6, ["充电桩", "离线"]),
        ("充电桩，离线", 6, ["充电", "桩，离", "线"]),  # a comma never begins a line
        ("充电（快）", 6, ["充电", "（快）"]),  # nor does a bracket open at the end of one
        ("用 ev-driver 充电", 9, ["用", "ev-driver", "充电"]),
        ("a-word-that-is-longer 充电", 8, ["a-word-that-is-longer", "充电"]),
        ("", 8, []),
    ],
)
def test_lines_are_filled_by_columns(text: str, columns: int, lines: list[str]) -> None:
    assert filled(text, columns) == lines


def test_a_chinese_character_takes_two_columns() -> None:
    assert (width("abc"), width("充电桩"), width("e\u0301"), width("，")) == (3, 6, 1, 2)
