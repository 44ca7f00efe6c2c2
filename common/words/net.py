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
LINK_ENDED_BECAUSE = Text("The link to {address} ended: {why}.", "与 {address} 的连接已断开：{why}。")

# Why a handshake failed, as the end of a sentence

EXPIRED_THERE = Text(
    "its certificate has expired or is not valid yet; renew it there, or check this machine's clock",
    "对方证书已过期或尚未生效，请在对方更换证书，或检查本机时钟",
)
UNKNOWN_CA = Text(
    "its certificate is not from a CA that {option} names; give that CA's certificate",
    "对方证书不是由 {option} 指定的 CA 签发的，请改为该 CA 的证书",
)
WRONG_NAME = Text(
    "its certificate is for another name ({why}); connect by a name that stands in it",
    "对方证书属于另一个名称（{why}），请用证书中的名称连接",
)
NOT_TRUSTED = Text("its certificate is not trusted ({why})", "对方证书不可信（{why}）")
NO_TLS_THERE = Text(
    "it does not speak TLS; leave out {option} here, or give --tls-cert and --tls-key there",
    "对方未使用 TLS，请在本端去掉 {option}，或在对方设置 --tls-cert 和 --tls-key",
)
WANTS_OURS = Text(
    "it wants a client certificate; give --tls-cert and --tls-key", "对方要求客户端证书，请给出 --tls-cert 和 --tls-key"
)
REFUSES_OURS = Text(
    "it does not accept this program's certificate ({why}); see --tls-cert here and --tls-client-ca there",
    "对方不接受本程序的证书（{why}），请检查本端的 --tls-cert 和对方的 --tls-client-ca",
)
NO_AGREEMENT = Text("no TLS link could be agreed on ({why})", "TLS 协商失败（{why}）")
SILENTLY_REFUSED = Text(
    "it closed the link before it said anything; it may not accept this program's certificate (see --tls-cert here and "
    "--tls-client-ca there)",
    "对方未作任何应答就关闭了连接，可能不接受本程序的证书（请检查本端的 --tls-cert 和对方的 --tls-client-ca）",
)
BROKEN_OFF = Text(
    "it broke the TLS handshake off; perhaps it does not trust our certificate and needs the CA that made it (--tls-ca)",
    "对方中断了 TLS 握手，可能不信任本端证书，须在对方用 --tls-ca 指定签发该证书的 CA",
)
DISTRUSTS_US = Text(
    "it does not trust our certificate ({why}); it needs the CA that made it (--tls-ca)",
    "对方不信任本端证书（{why}），须在对方用 --tls-ca 指定签发该证书的 CA",
)
