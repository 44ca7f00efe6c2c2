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

# Files read again (logged)

READ_AGAIN = Text("Read again, since it has changed: {path}.", "文件已更改，已重新读取：{path}。")
KEPT_THE_OLD = Text("{why} What was read before stays in use.", "{why}继续使用先前读取的内容。")

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
