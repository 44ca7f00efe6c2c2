"""Words of who may speak: keys, secrets, enrolment, and what to do where a proof is asked for and there is none."""

from common.words import Text

CANNOT_WRITE = Text(
    "Cannot write {path}: {why}. Choose another place for it, or make room there.",
    "无法写入 {path}：{why}。请换一个位置，或在那里腾出空间。",
)
NO_KEY = Text(
    "{where} must hold the key that secrets are encrypted with: {digits} hexadecimal digits on one line.",
    "{where} 必须是用来加密密钥的主密钥：一行 {digits} 位十六进制数字。",
)
KEY_MISSING = Text(
    "There are secrets in the database but no key for them: {path} is not there. Give the key that every Central of this "
    "database has, with --secrets-key-file or EV_SECRETS_KEY.",
    "数据库中已有密钥，但缺少解密它们的主密钥：{path} 不存在。请用 --secrets-key-file 或 EV_SECRETS_KEY 给出此数据库的"
    "每个中央系统共用的主密钥。",
)
KEY_WRONG = Text(
    "The secrets in the database are encrypted with another key than that of {where}. Give the key that every Central of "
    "this database has, with --secrets-key-file or EV_SECRETS_KEY.",
    "数据库中的密钥是用另一个主密钥加密的，不是 {where} 中的那个。请用 --secrets-key-file 或 EV_SECRETS_KEY 给出此数据库的"
    "每个中央系统共用的主密钥。",
)
FIRST_OPERATOR = Text(
    "ev-central enrolled the admin {id}; its secret is in {path}",
    "ev-central 已登记管理员 {id}，其密钥在 {path} 中",
)
NO_SECRET = Text(
    "{path}: a secret has {least} to {most} printable characters without blanks.",
    "{path}：密钥必须是 {least} 到 {most} 个可显示的字符，不含空格。",
)
NO_ID = Text(
    "{told!r} is no id (up to 36 letters, digits, '.', '_' and '-').",
    "{told!r} 不是有效标识（最多 36 个字母、数字、“.”、“_” 和 “-”）。",
)
ONE_PLACE = Text(
    "Give one ID with --out or --from, or any number of them with --dir.",
    "一个 ID 可用 --out 或 --from；多个 ID 请用 --dir。",
)
NO_DURATION = Text(
    "--keep-old must be a duration of at most a year, such as 30m, 12h or 1d (it is {told!r}).",
    "--keep-old 必须是不超过一年的时长，例如 30m、12h 或 1d（现在是 {told!r}）。",
)
FILE_IS_THERE = Text(
    "{path} is there already; name another file, or take the secret in it with --from.",
    "{path} 已存在；请换一个文件名，或用 --from 使用其中的密钥。",
)
SECRET_IS_IN = Text("The secret is in {path}", "密钥在 {path} 中")
SHOWN_ONCE = Text(
    "This secret is shown only now; put it into a file for --secret-file.",
    "此密钥只显示这一次；请把它写入文件，供 --secret-file 使用。",
)
UNCERTAIN = Text(
    "It is not known whether Central did it; the secret stays in {path}: ask again with --from.",
    "无法确定中央系统是否已执行；密钥保留在 {path} 中：请用 --from 再试一次。",
)

# -- what Central says over the wire, in English; told in the language of who reads it

PROVE_FIRST = Text(
    "Prove first who you are: ev-admin enroll {role} {id} makes the secret, --secret-file gives it.",
    "请先验证身份：ev-admin enroll {role} {id} 可生成密钥，用 --secret-file 给出它。",
)
NOT_ENROLLED = Text(
    "{id} is not enrolled: ev-admin enroll makes its secret.",
    "{id} 尚未登记：ev-admin enroll 可生成密钥。",
)
NOT_PROVEN = Text(
    "The proof was not accepted; check the id, the secret and the clock.", "身份验证未通过；请检查标识、密钥和时钟。"
)
OVER_THE_WIRE = (PROVE_FIRST, NOT_ENROLLED, NOT_PROVEN)
