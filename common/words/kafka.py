"""Words for Kafka: its options, and the embedded broker."""

from common.words import Text

MUST_BE_OPTIONS = Text("must be a list of NAME=VALUE or a table", "必须是 NAME=VALUE 的列表或一个表")
NO_PAIR = Text("{where}: entry {number} is not NAME=VALUE.", "{where}：第 {number} 项不是 NAME=VALUE 的形式。")
OURS = Text(
    "{where}: {name} cannot be set, the programs depend on it.", "{where}：不能设置 {name}，程序依赖它的固定值。"
)
OURS_INSTEAD = Text(
    "{where}: {name} cannot be set, the programs depend on it; use {instead}.",
    "{where}：不能设置 {name}，程序依赖它的固定值；请改用 {instead}。",
)
NOT_AS_TEXT = Text("{where}: {name} cannot be set as a text.", "{where}：{name} 不能以文本形式设置。")
WRONG_OPTIONS = Text("Kafka options: {why}.", "Kafka 选项有误：{why}。")

BRING_ONE = Text(
    "Give the address of a Kafka broker with --kafka HOST:PORT instead.",
    "请改用 --kafka HOST:PORT 指定一个 Kafka 服务器。",
)
NO_EMBEDDED = Text(
    "There is no embedded broker for this machine ({machine}).", "这种机器（{machine}）没有内置的 Kafka 服务器。"
)
EMBEDDED_UNUSABLE = Text("The embedded broker cannot be used ({why}).", "无法使用内置的 Kafka 服务器（{why}）。")
EMBEDDED_NOT_STARTED = Text("The embedded broker cannot start: {why}", "内置的 Kafka 服务器无法启动：{why}")
