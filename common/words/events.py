"""
Words for the events that Central stores, for whoever shows a story: `ev-admin trace` and the consoles.

Their kinds, and what they say: it is stored in English, and retold where it is shown. That Central still says it so is held by
tests/unit/common/test_words_of_central.py.
"""

from common.errors import ErrorCode
from common.words import Language, Text, retold, spoken
from common.words.errors import refusal
from common.words.points import REASON, STATUS

KIND: dict[str, Text] = {
    "registered": Text("registered", "已注册"),
    "taken_over": Text("taken over", "连接被接管"),
    "contested": Text("contested", "连接争用"),
    "link_lost": Text("link lost", "连接中断"),
    "status_update": Text("status", "状态更新"),
    "heartbeat_request": Text("heartbeat", "心跳"),
    "fault_notification": Text("fault", "故障"),
    "recovery_notification": Text("recovered", "故障恢复"),
    "charge_requested": Text("charge requested", "请求充电"),
    "claimed": Text("claimed", "已占用"),
    "start_sent": Text("start sent", "已下发启动"),
    "start_accepted": Text("start accepted", "已开始充电"),
    "refused": Text("refused", "已拒绝"),
    "stop_requested": Text("stop requested", "请求停止"),
    "stop_answered": Text("stop answered", "停止已应答"),
    "completed": Text("completed", "已完成"),
    "discrepancy": Text("discrepancy", "账目不符"),
    "quarantined": Text("quarantined", "已隔离"),
    "price_set": Text("price set", "已设电价"),
    "stop_cp": Text("out of service", "已停用"),
    "resume_cp": Text("in service", "已恢复服务"),
    "ordered": Text("ordered", "运营指令"),
    "order_refused": Text("order refused", "指令被拒"),
    "enrolled": Text("enrolled", "已登记"),
    "rotated": Text("new secret", "已换密钥"),
    "revoked": Text("revoked", "已撤销"),
}
#: The particular before the general.
HAPPENINGS = (
    Text("{point} registered at {central}.", "{point} 已在 {central} 注册。"),
    Text("{point} is disconnected: {why}.", "{point} 已离线：{why}。"),
    Text(
        "A link from {address} at {central} took {point} over from {older}.",
        "来自 {address} 的连接在 {central} 接管了 {point}，取代 {older}。",
    ),
    Text("{point} changes hands again and again: {why}.", "{point} 的连接被反复接管：{why}。"),
    Text("perhaps two devices have its secret; give it a new one", "可能有两台设备持有同一密钥，请更换密钥"),
    Text("{who} ordered {what}.", "{who} 下达指令：{what}。"),
    Text("{who} was refused {what}: {why}", "{who} 的指令 {what} 被拒绝：{why}"),
    Text("its link closed", "连接已关闭"),
    Text("no heartbeat for {seconds} s", "{seconds} 秒没有心跳"),
    Text("its secret no longer counts", "密钥已失效"),
    Text("{who} enrolled {role} {id}.", "{who} 登记了 {role} {id}。"),
    Text("{who} gave {role} {id} a new secret.", "{who} 为 {role} {id} 更换了密钥。"),
    Text("{who} revoked {role} {id}.", "{who} 撤销了 {role} {id}。"),
    Text("no link carries it", "没有承载它的连接"),
    Text("Central was restarted", "中央系统已重启"),
    Text("Central {central} is gone", "中央系统 {central} 已离线"),
    Text("{driver} asks to charge at {point}.", "{driver} 请求在 {point} 充电。"),
    Text("{point} is claimed for {driver}.", "{point} 已由 {driver} 占用。"),
    Text("This command asks Engine.", "此命令请求 Engine 启动充电。"),
    Text("{point} charges for {driver}: {how}.", "{point} 开始为 {driver} 充电：{how}。"),
    Text("Engine answered", "Engine 已应答"),
    Text("Engine had answered before", "Engine 此前已应答"),
    Text("its readings show it", "由读数得知"),
    Text("its final account shows it", "由最终结算得知"),
    Text("the point says so", "由充电桩告知"),
    Text("The operator asks to stop.", "运营方请求停止。"),
    Text("{driver} asks to stop.", "{driver} 请求停止。"),
    Text("The charge ends; its ticket follows.", "充电即将结束，随后出具账单。"),
    Text("The charge had ended; its ticket follows.", "充电此前已结束，随后出具账单。"),
    Text("{energy} Wh for {cost}, {reason}.", "{energy} Wh，费用 {cost}，{reason}。"),
    Text(
        "The final account has {energy} Wh, a reading had {metered} Wh.",
        "最终结算为 {energy} Wh，读数曾为 {metered} Wh。",
    ),
    Text("The point computed {computed}, billed is {cost}.", "充电桩计算为 {computed}，实际计费 {cost}。"),
    Text(
        "The point no longer knows this session; its last reading is billed.",
        "充电桩已不认识该会话；按最后一次读数计费。",
    ),
    Text("A completion was kept apart: {why}.", "一条完成消息已隔离：{why}。"),
    Text("no such session at this point", "该充电桩没有这个会话"),
    Text("differs from what is stored ({state})", "与已存储的内容不符（{state}）"),
    Text("{point} costs {price} a kWh.", "{point} 的电价为每 kWh {price}。"),
    Text("The operator put {point} {how}.", "运营方将 {point} {how}。"),
    Text("out of service", "停用"),
    Text("in service", "恢复服务"),
    Text("{point} is {state}: {fault}.", "{point} {state}：{fault}。"),
    Text("{point} is {state}.", "{point} {state}。"),
)
_STATES = tuple(STATUS.values())
_REASONS = tuple(Text(reason.value, words.zh) for reason, words in REASON.items())
_CODES = {code.value: code for code in ErrorCode}


def told(text: str) -> str:
    """What an event says, in the language spoken; what is not known is shown as it was stored."""
    if spoken() is Language.ENGLISH:
        return text
    code, _, sentence = text.partition(": ")
    if code in _CODES:
        return refusal(_CODES[code], sentence)
    return retold(sentence if code == "success" else text, (*HAPPENINGS, *_STATES, *_REASONS))


def kind(name: str) -> str:
    """How a kind is called; what a newer Central stores and this program does not know is shown as it stands."""
    text = KIND.get(name)
    return name if text is None else str(text)
