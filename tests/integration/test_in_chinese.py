"""Every program in Chinese: its help, and one mistake that people make, asked for in each way there is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.columns import width
from tests.integration.played_central import Ended

pytestmark = pytest.mark.processes

WAYS = {
    "the option": (["--lang", "zh"], {}),
    "EV_LANG": ([], {"EV_LANG": "zh"}),
    "the locale": ([], {"LC_ALL": "zh_CN.UTF-8"}),
}


def run(place: Path, module: str, *arguments: str, **env: str) -> Ended:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EV_")}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=place,
        env={**inherited, "COLUMNS": "80", **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where programs start that are not installed: deploy's are found from the current directory."""
    (tmp_path / "empty").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("module", "way", "said"),
    [
        ("deploy.up", "the option", "在本机启动 Kafka 服务器、中央系统、若干充电桩和一个用户程序"),
        ("central", "EV_LANG", "运行一个中央系统，直到要求它停止。"),
        ("charging_point.monitor", "the locale", "连接 Engine 与中央系统。"),
        ("charging_point.engine", "the option", "按 Monitor 的指令充电。"),
        ("driver", "EV_LANG", "  listen   保持连接，显示该用户收到的全部消息，直到按 Ctrl-C。"),
        ("central.admin", "the locale", "  trace         讲述一条消息或一个充电会话的来龙去脉。"),
        ("central.store", "EV_LANG", "  downgrade  把数据库结构退回给旧版本程序使用；请先停止所有中央系统。"),
        ("common.schema", "the locale", "  table     以 Markdown 表格输出全部消息。"),
        ("deploy", "EV_LANG", "  check        依次运行 ruff、mypy 和 import-linter，然后说明哪些没有通过"),
        ("deploy.kafka", "the locale", "    fetch     从 Maven Central 下载 Kafka；43 MB，只需一次"),
        ("deploy.postgres", "EV_LANG", "  HOST:PORT       默认使用空闲端口"),
    ],
)
def test_help_is_told_in_chinese_and_fits_the_terminal(place: Path, module: str, way: str, said: str) -> None:
    arguments, env = WAYS[way]
    ended = run(place, module, *arguments, "--help", **env)
    assert (ended.status, ended.err) == (0, "")
    assert said in ended.out
    assert ended.out.startswith("用法：")
    if module != "deploy":  # its own page stands as it is written
        assert [line for line in ended.out.splitlines() if width(line) > 80] == []


@pytest.mark.parametrize(
    ("module", "arguments", "way", "status", "said"),
    [
        (
            "deploy.up",
            ["--once", "--points", "0"],
            "the option",
            2,
            "ev-up: --once 需要一个可充电的充电桩：--points 至少为 1。",
        ),
        (
            "central",
            ["--port", "70000"],
            "EV_LANG",
            2,
            "ev-central: --port：必须小于或等于 65535（现在是 '70000'）。",
        ),
        (
            "charging_point.monitor",
            [],
            "the locale",
            2,
            "ev-monitor: 必须给出 --cp-id（或环境变量 EV_MONITOR_CP_ID）。",
        ),
        (
            "charging_point.engine",
            ["--port", "0", "--journal", "empty/journal"],
            "the option",
            1,
            "ev-engine: 无法使用账本 empty/journal：它所在的目录其实是一个文件。请用 --journal 换一个文件。",
        ),
        (
            "driver",
            ["--driver-id", "D1", "--central", "127.0.0.1:1", "list"],
            "EV_LANG",
            1,
            "ev-driver: 无法连接 127.0.0.1:1：连接被拒绝。请启动中央系统，或用 --central 给出它的地址。",
        ),
        (
            "central.admin",
            ["--central", "127.0.0.1:1", "cps"],
            "the locale",
            1,
            "ev-admin: 无法连接 127.0.0.1:1：连接被拒绝。请启动中央系统，或用 --central 给出它的地址。",
        ),
        (
            "central.store",
            ["status"],
            "EV_LANG",
            1,
            "ev-database: 数据库 ev-data/central.db 不存在；中央系统首次启动时会创建它，也可以运行：ev-database upgrade。",
        ),
        (
            "common.schema",
            ["tabel"],
            "the locale",
            2,
            "ev-schema: 没有命令 'tabel'；相近的命令：'table'。请看 ev-schema --help。",
        ),
        (
            "deploy.kafka",
            ["run", "here"],
            "EV_LANG",
            2,
            "python3 -m deploy.kafka run：错误：参数 HOST:PORT：'here' 必须写成 HOST:PORT，例如 127.0.0.1:9092",
        ),
        (
            "deploy.postgres",
            ["rnu"],
            "the locale",
            2,
            "python3 -m deploy.postgres：错误：参数 command 的值无效：'rnu'（可选：'run'）",
        ),
    ],
)
def test_a_mistake_is_told_in_one_chinese_sentence(
    place: Path, module: str, arguments: list[str], way: str, status: int, said: str
) -> None:
    asking, env = WAYS[way]
    ended = run(place, module, *asking, *arguments, **env)
    assert (ended.status, ended.out, ended.err.splitlines()[-1:]) == (status, "", [said])


def test_a_wrong_command_of_the_set_up_is_told_in_chinese(place: Path) -> None:
    ended = run(place, "deploy", "nonsense", EV_LANG="zh")
    assert (ended.status, ended.err.splitlines()[0]) == (2, "deploy: 没有命令 'nonsense'。")


def test_english_wins_over_the_locale_where_it_is_asked_for(place: Path) -> None:
    told = [
        run(place, "central.admin", *asking, LC_ALL="zh_CN.UTF-8", **env).err
        for asking, env in ((["--lang", "en"], {}), ([], {"EV_LANG": "en"}))
    ]
    assert told == ["ev-admin: Missing command. Try ev-admin --help.\n"] * 2


def test_the_file_of_settings_may_say_the_language(place: Path) -> None:
    (place / "ev.toml").write_text('lang = "zh"\n')
    assert run(place, "central.admin").err == "ev-admin: 缺少命令。请看 ev-admin --help。\n"


def test_a_terminal_without_chinese_characters_gets_marks_and_no_traceback(place: Path) -> None:
    ended = run(place, "central.admin", EV_LANG="zh", PYTHONIOENCODING="latin-1")
    assert (ended.status, ended.err) == (2, "ev-admin: ??????? ev-admin --help?\n")
