"""The words of the library that reads our command lines: of its help pages, and of what it has against a wrong command line."""

from common.words import Text, retold
from common.words.help import HELP
from common.words.system import PYDANTIC

# -- on a page of help

USAGE = Text("Usage: ", "用法：")
OPTIONS_PLACE = Text("[OPTIONS]", "[选项]")
COMMAND_PLACE = Text("COMMAND [ARGS]...", "命令 [参数]...")
HEADING = Text("{name}:", "{name}：")
HEADINGS = (Text("Options", "选项"), Text("Arguments", "参数"), Text("Commands", "命令"))

OPTION_DEFAULT = Text("{what} [env: {variable}; default: {default}]", "{what} [环境变量：{variable}；默认：{default}]")
OPTION_REQUIRED = Text("{what} [env: {variable}; required]", "{what} [环境变量：{variable}；必须给出]")
NO_DEFAULT = Text("none", "无")
NOTES = (
    Text("Show this message and exit.", "显示此帮助后退出。"),
    Text("{what}  [{notes}]", "{what} [{notes}]"),
    Text("default: {value}; {more}", "默认：{value}；{more}"),
    Text("default: {value}", "默认：{value}"),
    Text("required", "必须给出"),
)

# -- a wrong command line, without the full stop

TRY = Text("{told}. Try {program} --help.", "{told}。请看 {program} --help。")
MISTAKES = (
    Text("No such option: {option} (Possible options: {others})", "没有选项 {option}（相近的选项：{others}）"),
    Text("No such option: {option}", "没有选项 {option}"),
    Text("Option {option} requires an argument", "选项 {option} 需要一个值"),
    Text("Option {option} does not take a value", "选项 {option} 不接受值"),
    Text("No such command {name}. Did you mean {others}?", "没有命令 {name}；相近的命令：{others}"),
    Text("No such command {name}", "没有命令 {name}"),
    Text("Missing command", "缺少命令"),
    Text("Missing argument {name}", "缺少参数 {name}"),
    Text("Missing option {name}", "缺少选项 {name}"),
    Text("Got unexpected extra argument(s) ({names})", "多余的参数：{names}"),
    Text("Invalid value for {name}: {why}", "{name} 的值无效：{why}"),
    Text("Input should be {what}", "{what}"),
)


def described(help_text: str) -> str:
    """What help says beside an option, an argument or a command."""
    return retold(help_text, (*HELP, NO_DEFAULT, OPTION_DEFAULT, OPTION_REQUIRED, *NOTES))


def headed(name: str) -> str:
    return HEADING(name=retold(name, HEADINGS))


def mistaken(told: str) -> str:
    """What is wrong with a command line, in the language spoken."""
    return retold(told, (*MISTAKES, *PYDANTIC))
