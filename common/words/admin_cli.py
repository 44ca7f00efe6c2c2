"""Words of ev-admin at the command line. Tables and the console stand in admin.py."""

from common.words import Text, retold

NO_POINT = Text(
    "{told!r} is no cp_id (up to 36 letters, digits, '.', '_' and '-').",
    "{told!r} 不是 cp_id（最多 36 个字母、数字、“.”、“_” 和 “-”）。",
)
NO_POINT_OR_ALL = Text(
    "{told!r} is no cp_id (up to 36 letters, digits, '.', '_' and '-'), and not '*' for all.",
    "{told!r} 不是 cp_id（最多 36 个字母、数字、“.”、“_” 和 “-”），也不是表示全部的 “*”。",
)
NO_PRICE = Text(
    "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is {told!r}).",
    "VALUE 必须是 0 到 10000 的电价，最多 4 位小数（现在是 {told!r}）。",
)
NO_ID = Text("{told!r} is no id (1 to {most} characters).", "{told!r} 不是有效标识（1 到 {most} 个字符）。")
NO_SEARCH = Text(
    "--search must be up to {most} characters that can be printed.", "--search 最多 {most} 个可显示的字符。"
)
NONE_OF = Text(
    "{option} must be one of {choices} (it is {told!r}).", "{option} 必须是以下之一：{choices}（现在是 {told!r}）。"
)
NOTHING = Text("None.", "没有。")
INTERRUPTED = Text("Interrupted before Central answered.", "在中央系统应答之前已中断。")
PROOF_REFUSED = Text(
    "Central does not accept this operator's proof: {why}", "中央系统不接受该运营人员的身份验证：{why}"
)
TOO_SLOW = Text("Central did not answer within {seconds:g} s.", "中央系统在 {seconds:g} 秒内没有应答。")
CLOSED = Text("Central closed the link before it answered.", "中央系统在应答之前关闭了连接。")
CLOSED_BECAUSE = Text("Central closed the link before it answered: {why}.", "中央系统在应答之前关闭了连接：{why}。")
START_CENTRAL = Text(
    "Start Central, or say where it is with --central.", "请启动中央系统，或用 --central 给出它的地址。"
)
DONE = Text("Done.", "已完成。")

#: What Central says when it did as it was told; the longer ones first, as a blank takes whatever fits.
ANSWERS = (
    Text(
        "{whom}: out of service. Not confirmed by {silent}; told again when connected.",
        "{whom}：已停用。{silent} 尚未确认，连接后会再次下发。",
    ),
    Text(
        "{whom}: in service. Not confirmed by {silent}; told again when connected.",
        "{whom}：已恢复服务。{silent} 尚未确认，连接后会再次下发。",
    ),
    Text("{whom}: out of service.", "{whom}：已停用。"),
    Text("{whom}: in service.", "{whom}：已恢复服务。"),
    Text("{whom}: {price} a kWh from the next session on.", "{whom}：从下一个充电会话起每 kWh {price}。"),
    Text(
        "Session {session} was unknown at the point; its last reading is billed.",
        "充电桩不认识会话 {session}；已按最后一次读数计费。",
    ),
    Text("{n} events. Only the first {most} are shown.", "共 {n} 条事件，仅显示前 {most} 条。"),
    Text(
        "{role} {id} has a new secret; the old one counts for {seconds} s more.",
        "{role} {id} 已更换密钥；旧密钥还可使用 {seconds} 秒。",
    ),
    Text("{role} {id} has a new secret; the old one no longer counts.", "{role} {id} 已更换密钥；旧密钥已失效。"),
    Text("{role} {id} is enrolled.", "{role} {id} 已登记。"),
    Text("{role} {id} is no longer accepted.", "{role} {id} 已撤销，不再被接受。"),
    Text("1 event.", "共 1 条事件。"),
    Text("{n} events.", "共 {n} 条事件。"),
    Text("Session {session} ends.", "会话 {session} 即将结束。"),
    Text("1 point", "1 个充电桩"),
    Text("{n} points", "{n} 个充电桩"),
)


def answer(told: str) -> str:
    """Central's answer to an order, for the operator; what we do not know is shown as Central said it."""
    return retold(told, ANSWERS)
