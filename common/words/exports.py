"""Words of exports: at the command line and in the operator's console."""

from typing import Literal

from common.words import Text

WRITTEN: dict[Literal["sessions", "events"], Text] = {
    "sessions": Text("{n} sessions written to {file}.", "已将 {n} 个充电会话写入 {file}。"),
    "events": Text("{n} events written to {file}.", "已将 {n} 条事件写入 {file}。"),
}
FILE_IS_THERE = Text(
    "{file} is there already; overwrite it with --force, or choose another.",
    "{file} 已存在；请用 --force 覆盖，或换一个文件名。",
)
NO_ORDINARY_FILE = Text(
    "{file} is no ordinary file; choose another, or - for standard output.",
    "{file} 不是普通文件；请换一个，或用 - 输出到标准输出。",
)
CANNOT_WRITE = Text("Cannot write {file}: {why}.", "无法写入 {file}：{why}。")
NEITHER_FORM = Text(
    "{file} ends in neither .csv nor .json; say which with --format.",
    "{file} 的扩展名既不是 .csv 也不是 .json；请用 --format 指定格式。",
)
