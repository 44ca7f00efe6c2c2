"""Words for why Central does not start. What it says to peers goes over the wire and stays where it is said, in English."""

from common.words import Text

NO_DATA_DIR = Text(
    "Cannot make the data directory {path}: {why}. Choose another with --data-dir.",
    "无法创建数据目录 {path}：{why}。请用 --data-dir 换一个目录。",
)
