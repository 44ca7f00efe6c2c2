"""Words of Monitor: its answers to an operator's orders, and its panel."""

from common.words import Text

# -- answers; what stands in capitals or brackets is typed as it stands
SAY_IT_SO = Text("say it so: fault TYPE [description]", "格式：fault TYPE [description]")
NO_FURTHER_WORDS = Text("{name} takes no further words", "{name} 不接受其他参数")
NO_SUCH_ORDER = Text("there is no such order; know: {known}", "没有此指令；可用：{known}")
BAD_FAULT = Text(
    "TYPE may have 200 and the description 1000 printable characters",
    "TYPE 最多 200 个可打印字符，description 最多 1000 个",
)
FAULT_BEGAN = Text("{point} has the fault {fault}", "{point} 出现故障：{fault}")
NO_FAULT = Text("no fault was made here that could end", "此处没有制造过可恢复的故障")
FAULT_GONE = Text("the fault is gone", "故障已恢复")
OTHERS_REMAIN = Text("the fault is gone; {left} remains", "故障已恢复；仍有 {left}")
POINT_IS_SO = Text("{point} is {state}", "{point} 状态：{state}")
POINT_IS_SO_BECAUSE = Text("{point} is {state} ({detail})", "{point} 状态：{state}（{detail}）")
IN_SESSION = Text("{told} in session {session}", "{told}，会话 {session}")
LINKS_ARE_SO = Text("{told}; Engine {engine}, Central {central}", "{told}；Engine {engine}，中央系统{central}")
LINKED = Text("linked", "已连接")
AWAY = Text("away", "未连接")

# -- the panel
LINKS = Text("Links", "连接")
CENTRAL = Text("Central", "中央系统")
REGISTERED = Text("registered", "已注册")
ASKS_IN = Text("asks to be let in", "正在注册")
GREETS = Text("greets", "正在握手")
CONNECTS = Text("connects", "正在连接")
WAITS_FOR_ENGINE = Text("waits for Engine first", "先等待 Engine")
LOST = Text("lost {ago}", "{ago}断开")
NEVER_LINKED = Text("never linked", "从未连接")
NEXT_TRY = Text("next try in {left} (back-off {wait} s)", "{left}后重试（退避 {wait} 秒）")
HEARTBEAT = Text(
    "heartbeat every {every} s, answered {ago}, lost after {silence}",
    "心跳间隔 {every} 秒，{ago}应答，静默 {silence}视为断开",
)
HEALTH = Text(
    "health check every {every} s, answered {ago}, lost after {silence}",
    "健康检查间隔 {every} 秒，{ago}应答，静默 {silence}视为断开",
)
FAULTS = Text("Faults", "故障")
NO_FAULTS = Text("No fault since the start.", "启动以来没有故障。")
BY_OPERATOR = Text("operator", "操作员")
STILL = Text("still there", "未恢复")
RECOVERED = Text("recovered {at}", "{at} 已恢复")

EXPLAIN_FAULT = Text("report a fault of the point to Central", "向中央系统上报充电桩故障")
EXPLAIN_RECOVER = Text("end the fault that was made here", "恢复在此制造的故障")
ASK_FAULT = Text("Which fault", "选择故障类型")
ASK_TYPE = Text("Fault, in one word", "故障类型（一个词）")
ASK_DESCRIPTION = Text("Description (may be empty)", "描述（可留空）")
