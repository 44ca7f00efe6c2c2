"""Words for TLS and for who is turned away. What goes over the wire, or into an event or a log, is taken in English."""

from common.words import Text

# Files (told to who starts a program)

CANNOT_READ = Text("Cannot read {path}, which {option} names: {why}.", "无法读取 {option} 指定的 {path}：{why}。")
NO_CERTIFICATE = Text(
    "{path}, which {option} names, holds no certificate in PEM form.", "{option} 指定的 {path} 中没有 PEM 格式的证书。"
)
NO_KEY = Text(
    "{path}, which {option} names, holds no private key in PEM form without a passphrase.",
    "{option} 指定的 {path} 中没有不带口令的 PEM 格式私钥。",
)
WRONG_KEY = Text(
    "The key in {key} does not belong to the certificate in {cert}.", "{key} 中的私钥与 {cert} 中的证书不匹配。"
)
EXPIRED = Text(
    "The certificate in {cert} has expired; make or ask for a new one.", "{cert} 中的证书已过期，请重新签发。"
)
NOT_YET_VALID = Text(
    "The certificate in {cert} is not valid yet; check this machine's clock.",
    "{cert} 中的证书尚未生效，请检查本机时钟。",
)
UNUSABLE = Text("Cannot use {path}: {why}.", "无法使用 {path}：{why}。")
NEEDS = Text("{option} needs {other} too.", "使用 {option} 时还必须给出 {other}。")

TLS_ELSEWHERE = Text(
    "--tls makes certificates for a Central on this machine; for one elsewhere set EV_TLS_CA to its CA's certificate.",
    "--tls 为本机上的中央系统生成证书；若中央系统在别处，请把 EV_TLS_CA 设为其 CA 证书。",
)

# Files read again (logged)

READ_AGAIN = Text("Read again, since it has changed: {path}.", "文件已更改，已重新读取：{path}。")
KEPT_THE_OLD = Text("{why} What was read before stays in use.", "{why}继续使用先前读取的内容。")

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

# Told over the wire to who comes the wrong way

SPEAK_TLS = Text(
    "This port takes TLS only: connect with TLS (our programs: --tls-ca FILE).",
    "此端口只接受 TLS：请用 TLS 连接（本系统的程序使用 --tls-ca FILE）。",
)
SHOW_CERTIFICATE = Text(
    "This port asks for a client certificate (our programs: --tls-cert FILE, --tls-key FILE).",
    "此端口要求客户端证书（本系统的程序使用 --tls-cert FILE 和 --tls-key FILE）。",
)
SPEAK_PLAINLY = Text(
    "This port does not take TLS: connect without it (our programs: leave out --tls-ca).",
    "此端口不接受 TLS：请不要用 TLS 连接（本系统的程序请去掉 --tls-ca）。",
)
OTHER_POINTS = Text(
    "The certificate of this link is for {names}, not for {cp_id}.", "此连接的证书属于 {names}，不属于 {cp_id}。"
)
NO_POINT = Text("no charging point", "其他用途")
