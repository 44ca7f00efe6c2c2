"""Words for wrong settings: what is wrong, where it was said, what to write instead."""

from common.words import Text

REQUIRED = Text("--{option} is required (or {variable}).", "必须给出 --{option}（或环境变量 {variable}）。")
WRONG = Text("{where}: {why} (it is {value!r}).", "{where}：{why}（现在是 {value!r}）。")
MUST_BE_TABLE = Text("{path}: [{table}] must be a table.", "{path}：[{table}] 必须是一个表。")
NO_SUCH_SETTING = Text(
    "{path}: [{table}] has no setting {name!r}; see --help.", "{path}：[{table}] 没有设置项 {name!r}，请看 --help。"
)
NO_CONFIG = Text("{path} does not exist; {variable} names it.", "{path} 不存在，它由 {variable} 指定。")
CANNOT_READ_CONFIG = Text(
    "Cannot read {path} ({variable} names it): {why}.", "无法读取 {path}（由 {variable} 指定）：{why}。"
)
CANNOT_READ = Text("Cannot read {path}: {why}.", "无法读取 {path}：{why}。")
NO_TEXT = Text("{path} is no text.", "{path} 不是文本文件。")
EMPTY_SECRET = Text("{path} is empty; write the secret into it.", "{path} 是空文件，请把密钥写入其中。")
MUST_BE_URL = Text(
    "must be an http or https address, for example http://127.0.0.1:4318",
    "必须是 http 或 https 地址，例如 http://127.0.0.1:4318",
)
MUST_BE_TOPIC_PART = Text(
    "must be up to 100 characters of A-Z a-z 0-9 . _ -", "最多 100 个字符，只能用 A-Z a-z 0-9 . _ -"
)
MUST_BE_ID = Text(
    "must be an id: 1 to 36 characters of A-Z a-z 0-9 . _ -", "必须是标识：1 到 36 个字符，只能用 A-Z a-z 0-9 . _ -"
)
NO_OPENTELEMETRY = Text(
    "--traces needs OpenTelemetry, which is not here; install it with: pip install 'ev-charging[tracing]'",
    "--traces 需要 OpenTelemetry，但尚未安装；安装命令：pip install 'ev-charging[tracing]'",
)
# -- for the fault harness alone
FAILPOINT_ALONE = Text(
    "{place} and {trace} go together: this process is to die, and to say where.",
    "{place} 和 {trace} 必须同时给出：该进程要在故障点终止，并记录终止的位置。",
)
MUST_BE_FAILPOINT = Text("must be PLACE=N with one of {places}", "必须写成 PLACE=N，其中 PLACE 是 {places} 之一")
MUST_BE_JUMP = Text("must be SECONDS@AFTER in whole seconds", "必须写成 SECONDS@AFTER，均为整秒数")
