"""Words for why Central does not start. What it says to peers goes over the wire and stays where it is said, in English."""

from common.words import Text

NO_DATA_DIR = Text(
    "Cannot make the data directory {path}: {why}. Choose another with --data-dir.",
    "无法创建数据目录 {path}：{why}。请用 --data-dir 换一个目录。",
)
NO_SECRETS_FILE = Text(
    "--auth needs --secrets-file, a TOML file with tables [monitor], [driver], [admin].",
    "--auth 需要同时给出 --secrets-file：一个含有 [monitor]、[driver]、[admin] 表的 TOML 文件。",
)
CANNOT_READ_SECRETS = Text("Cannot read the secrets file {path}: {why}.", "无法读取密钥文件 {path}：{why}。")
MUST_HOLD_SECRETS = Text(
    '{path}: [{role}] must hold lines of id = "secret".', '{path}：[{role}] 的每一行必须写成 标识 = "密钥"。'
)
