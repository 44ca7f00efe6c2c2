"""Words that the panels of Engine and Monitor share: their frame, their keys, what they ask."""

from common.words import Text

LINE_TOO_LONG = Text("the line is too long", "输入行过长")

#: Names, the same in every language.
ENGINE, MONITOR, KAFKA = "Engine", "Monitor", "Kafka"

UNNAMED = Text("no name yet", "尚未命名")
LOG = Text("Log", "日志")
HELP = Text("Keys", "按键说明")
NO_ANSWER_YET = Text("? shows what each key does.", "按 ? 查看按键说明。")

NONE = Text("none", "无")
UNKNOWN = Text("unknown", "未知")
ENERGY = Text("Energy", "电量")
COST = Text("Cost", "费用")
POWER = Text("Power", "功率")
PRICE = Text("Price", "单价")
SESSION = Text("Session", "会话")
DRIVER = Text("Driver", "用户")
SINCE = Text("Since", "开始")
LIMIT = Text("Limit", "上限")
NO_LIMIT = Text("no limit", "不限")
OF_LIMIT = Text("{kwh} of {limit} kWh", "{kwh} / {limit} kWh")
FAULT = Text("Fault", "故障")
NO_SESSION = Text("Nothing is being charged.", "当前没有充电会话。")
LAST_ACCOUNT = Text("The last account", "上一次结算")
OWED = Text("Central has not acknowledged it yet", "中央系统尚未确认")

HEARD = Text("heard {ago}", "{ago}有消息")
NEVER_HEARD = Text("not heard yet", "尚无消息")

#: The keys that every panel has. A key's short name stands at the foot, the sentence in the help.
KEY_FAULT = Text("fault", "故障")
KEY_RECOVER = Text("recover", "恢复")
KEY_HELP = Text("help", "帮助")
KEY_QUIT = Text("quit", "退出")
EXPLAIN_HELP = Text("show or hide this help (also F1)", "显示或关闭本说明（也可按 F1）")
EXPLAIN_QUIT = Text("end the program in good order, as Ctrl-C does", "正常结束程序，与 Ctrl-C 相同")
EXPLAIN_PICTURE = Text("save the screen as an SVG picture", "将屏幕保存为 SVG 图片")
EXPLAIN_ASKED = Text(
    "When asked: Enter takes it, Esc leaves it, up and down recall or choose.",
    "输入时：回车确认，Esc 取消，上下键调出历史或选择。",
)
ASK_ENTER = Text("Enter takes it, Esc leaves it", "回车确认，Esc 取消")
CHOOSE_KEYS = Text("a digit, or up and down and Enter; Esc leaves it", "按数字键，或用上下键选择后回车；Esc 取消")
SURE_KEYS = Text("y leaves, any other key stays", "按 y 退出，其他键取消")

OTHER_FAULT = Text("another, in your own words", "其他，自行填写")
#: What goes over the wire, and what it means.
FAULT_TYPES: dict[str, Text] = {
    "ground_failure": Text("leakage to earth", "接地故障"),
    "over_current": Text("too much current", "过流"),
    "over_voltage": Text("too much voltage", "过压"),
    "high_temperature": Text("too hot", "温度过高"),
    "connector_lock_failure": Text("the connector does not lock", "枪锁故障"),
    "ev_communication_error": Text("the car does not answer", "与车辆通信异常"),
    "power_meter_failure": Text("the meter cannot be read", "电表故障"),
    "emergency_stop": Text("somebody pressed the red button", "急停按钮被按下"),
}
