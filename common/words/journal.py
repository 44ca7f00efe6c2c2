"""Words for why an Engine does not start: its journal. What it says of the journal later goes to the log, in English."""

from common.words import Text

CANNOT_USE = Text(
    "Cannot use the journal {path}: {why}. Choose another file with --journal.",
    "无法使用账本 {path}：{why}。请用 --journal 换一个文件。",
)
IN_USE = Text(
    "Another Engine uses the journal {path}. Stop it, or choose another file with --journal.",
    "另一个 Engine 正在使用账本 {path}。请先停止它，或用 --journal 换一个文件。",
)
DAMAGED = Text(
    "The journal {name} is damaged at line {number} ({why}). Restore it from a copy, or move it away "
    "to start without it: then what it still owes to Central is lost.",
    "账本 {name} 第 {number} 行已损坏（{why}）。请用备份恢复，或把它移走后重新启动：那样其中尚未报给中央系统的账目会丢失。",
)
UNREADABLE = Text("it cannot be read", "无法读取")
FOLDER_IS_A_FILE = Text("its folder is a file", "它所在的目录其实是一个文件")
CONTRADICTIONS = (
    Text("the checksum does not fit", "校验和不符"),
    Text("session {session} starts while {other} is open", "会话 {session} 开始时 {other} 尚未结束"),
    Text("session {session} is metered but not open", "会话 {session} 有计量却未开始"),
    Text("the energy of session {session} falls", "会话 {session} 的电量减少了"),
)
