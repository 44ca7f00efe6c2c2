"""Words of `ev-admin certs`."""

from common.words import Text

MADE = Text("made", "已生成")
KEPT = Text("was there", "已存在")

CA = Text(
    "{cert} ({made}): the CA. Give it to every program that connects (--tls-ca; ev-monitor also --engine-tls-ca), and as "
    "--tls-client-ca to what asks for client certificates.",
    "{cert}（{made}）：CA 证书。发给每个发起连接的程序（--tls-ca；ev-monitor 另加 --engine-tls-ca），"
    "要求客户端证书的一方用作 --tls-client-ca。",
)
CA_KEY = Text(
    "{key}: its key. Give it to nobody: who has it can pass for anybody.",
    "{key}：CA 私钥。不要交给任何人：得到它就能冒充任何一方。",
)
HOST = Text(
    "{cert}, {key} ({made}): for the machine {name}. Give both to it: --tls-cert, --tls-key of ev-central and ev-engine "
    "there (of ev-driver and ev-admin where Central asks for client certificates), --metrics-tls-cert, --metrics-tls-key "
    "of any program.",
    "{cert}、{key}（{made}）：供主机 {name} 使用，两个文件都交给它：该主机上 ev-central 和 ev-engine 的 --tls-cert、"
    "--tls-key（中央系统要求客户端证书时，也用于 ev-driver 和 ev-admin），以及任一程序的 --metrics-tls-cert、"
    "--metrics-tls-key。",
)
POINT = Text(
    "{cert}, {key} ({made}): for the Monitor of {name} and nobody else: its --tls-cert, --tls-key.",
    "{cert}、{key}（{made}）：仅供充电桩 {name} 的 Monitor 使用：--tls-cert、--tls-key。",
)
FOR_TRIALS = Text(
    "All of this is for trials: a CA whose key lies beside its certificates is no safe for money.",
    "以上证书仅供试用：私钥与证书放在一起的 CA 不足以保护资金。",
)
NO_HOST = Text(
    "{name!r} is no host name and no address (up to 253 letters, digits, '.', ':' and '-').",
    "{name!r} 不是主机名或地址（最多 253 个字母、数字、“.”、“:”和“-”）。",
)
NO_POINT = Text(
    "{name!r} is no cp_id (up to 36 letters, digits, '.', '_' and '-').",
    "{name!r} 不是 cp_id（最多 36 个字母、数字、“.”、“_”和“-”）。",
)
CANNOT_WRITE = Text("Cannot write {path}: {why}.", "无法写入 {path}：{why}。")
HALF_A_CA = Text(
    "{there} is there and {missing} is not: put it back, or choose another directory.",
    "有 {there} 而没有 {missing}：请把它放回，或换一个目录。",
)
NO_CA = Text(
    "{path} is no CA of ours ({why}); choose another directory.", "{path} 不是本程序生成的 CA（{why}），请换一个目录。"
)
