"""Words for links, listeners and addresses. Events keep the English ones: they are logged (see common/words/system.py)."""

from common.words import Text

MUST_BE_ADDRESS = Text(
    "must be HOST:PORT, for example 127.0.0.1:5000", "必须写成 HOST:PORT（主机:端口），例如 127.0.0.1:5000"
)
CANNOT_LISTEN = Text(
    "Cannot listen on {address}: {why}. Choose another port with {option} (0 takes a free one).",
    "无法监听 {address}：{why}。请用 {option} 换一个端口（0 表示任选空闲端口）。",
)
CANNOT_CONNECT = Text("Cannot connect to {address}: {why}.", "无法连接 {address}：{why}。")
LINK_ENDED = Text("The link to {address} ended.", "与 {address} 的连接已断开。")
NO_ANSWER = Text("no answer", "没有应答")
