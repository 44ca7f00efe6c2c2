"""Words of Engine: its answers to simulated events, and its panel."""

from common.words import Text

# -- answers; what stands in capitals or brackets is typed as it stands
NO_SUCH_EVENT = Text("there is no such event; know: {known}", "没有此事件；可用：{known}")
SAY_IT_SO = Text("say it so: {usage}", "格式：{usage}")
BAD_LINE = Text("{wrong}; say it so: {usage}", "{wrong}；格式：{usage}")
PLUGGED_ALREADY = Text("a car is plugged in already", "已有车辆插枪")
PLUGGED = Text("a car is plugged in", "已插枪")
NO_CAR = Text("no car is plugged in", "没有车辆插枪")
UNPLUGGED = Text("the car is unplugged", "已拔枪")
BAD_DRIVER = Text(
    "DRIVER must be 1 to 36 characters of A-Z a-z 0-9 . _ -", "DRIVER 须为 1 至 36 个字符，限 A-Z a-z 0-9 . _ -"
)
BAD_LIMIT = Text(
    "KWH must be a number from 0 to 1000000 with at most 3 decimals", "KWH 须为 0 至 1000000 的数字，最多 3 位小数"
)
BAD_NUMBER = Text("{name} must be a number from {least} to {most}", "{name} 须为 {least} 至 {most} 的数字")
BAD_FAULT = Text("TYPE must be printable and at most 200 characters", "TYPE 须由可打印字符组成，最多 200 个字符")
NO_CHARGE = Text("nothing is being charged", "当前没有充电会话")
ENDED = Text("session {session} has ended", "会话 {session} 已结束")
FAULT_BEGAN = Text("the point has the fault {fault}", "充电桩出现故障：{fault}")
NO_FAULT = Text("there is no fault to recover from", "没有可恢复的故障")
FAULT_GONE = Text("the fault is gone", "故障已恢复")
BATTERY_HOLDS = Text("the battery holds {kwh} kWh", "电池容量为 {kwh} kWh")
BATTERY_AT = Text("the battery is at {percent} %", "电池电量为 {percent} %")
ASKED = Text("asked Central whether {driver} may charge", "已询问中央系统用户 {driver} 能否充电")
NOBODY_TO_ASK = Text("no Monitor is connected, so nobody can be asked", "Monitor 未连接，无法询问")
ASKING_ALREADY = Text("Central is being asked already", "正在询问中央系统")

# -- why no charge can begin; said over the wire as well, there in English
OUT_OF_SERVICE = Text("The point is out of service.", "充电桩已停用。")
SWITCHED_OFF = Text("The Engine is being switched off.", "Engine 正在关闭。")
HAS_FAULT = Text("The point has a fault: {what}.", "充电桩有故障：{what}。")
BUSY = Text("The point is busy with session {what}.", "充电桩正忙于会话 {what}。")
JOURNAL_BROKEN = Text(
    "The journal of the Engine cannot be written, so no charge can be accounted for.",
    "Engine 的账本无法写入，充电无法入账。",
)

# -- the panel
CHARGE = Text("Charge", "充电")
POINT = Text("Point", "充电桩")
LINKS = Text("Links", "连接")
TIME_LEFT = Text("Time left", "剩余时间")
TO_LIMIT = Text("to the energy limit", "到电量上限")
TO_FULL = Text("to the full battery", "到充满")
NO_END = Text("no power, no end", "无功率")
BATTERY = Text("Battery", "电池")
OF_BATTERY = Text("{percent} % of {kwh} kWh", "{percent} %，容量 {kwh} kWh")
WAITS_FOR_PLUG = Text("Waits for the plug of {driver}: {left} left.", "等待用户 {driver} 插枪，剩余 {left}。")
STATE = Text("State", "状态")
CAR = Text("Car", "车辆")
CAR_PLUGGED = Text("plugged in, up to {kw} kW", "已插枪，最大 {kw} kW")
CAR_AWAY = Text("none is plugged in", "未插枪")
GIVES = Text("Gives", "输出")
UP_TO_KW = Text("up to {kw} kW", "最大 {kw} kW")
UP_TO_KW_FAST = Text("up to {kw} kW, {scale}x speed", "最大 {kw} kW，{scale} 倍速")
MONITOR_LINKED = Text("linked, {heard}", "已连接，{heard}")
MONITOR_AWAY = Text("away, {heard}", "未连接，{heard}")
LISTENS = Text("Listens", "监听")
KAFKA_UNTRIED = Text("nothing sent yet", "尚未发送读数")
KAFKA_TAKES = Text("takes readings", "正常接收读数")
KAFKA_AWAY = Text("away; Monitor relays", "不可用，由 Monitor 转发")
KAFKA_NONE = Text("none; Monitor relays", "未配置，由 Monitor 转发")
JOURNAL = Text("Journal", "账本")
JOURNAL_WORKS = Text("can be written", "可写入")
JOURNAL_FAILS = Text("CANNOT BE WRITTEN, no charge starts", "无法写入，不能开始充电")
#: Accounts that Central has not acknowledged.
OWED = Text("Owed", "待确认")
OWED_NONE = Text("no account", "无")
OWED_SOME = Text("accounts: {n}", "{n} 笔结算")
OWED_AGAIN = Text("accounts: {n}, again in {left}", "{n} 笔结算，{left}后重发")

KEY_PLUG = Text("plug", "插枪")
KEY_UNPLUG = Text("unplug", "拔枪")
KEY_SWIPE = Text("swipe", "刷卡")
KEY_STOP = Text("stop", "停止")
KEY_BATTERY = Text("battery", "容量")
KEY_SOC = Text("charge %", "电量%")
EXPLAIN_PLUG = Text("plug a car in", "插枪")
EXPLAIN_UNPLUG = Text("unplug the car; a running charge ends", "拔枪，正在进行的充电随之结束")
EXPLAIN_SWIPE = Text(
    "a driver identifies at the point: id, and a limit if wanted", "用户在桩前刷卡：输入用户编号，可加电量上限"
)
EXPLAIN_STOP = Text("the stop button: the driver ends the charge", "停止按钮：用户结束充电")
EXPLAIN_FAULT = Text("the point gets a fault; a running charge ends", "充电桩出现故障，正在进行的充电随之结束")
EXPLAIN_RECOVER = Text("the fault is gone", "故障恢复")
EXPLAIN_BATTERY = Text("the car has a battery of another size", "更改车辆电池容量")
EXPLAIN_SOC = Text("the battery is charged to another percentage", "更改电池当前电量百分比")
ASK_DRIVER = Text("Driver id", "用户编号")
ASK_LIMIT = Text("Limit in kWh (empty: none)", "电量上限 kWh（留空为不限）")
ASK_FAULT = Text("Which fault", "选择故障类型")
ASK_FAULT_WORDS = Text("Fault", "故障名称")
ASK_BATTERY = Text("Size of the battery in kWh", "电池容量 kWh")
ASK_SOC = Text("Percentage that is charged", "当前电量百分比")
SURE = Text("A charge is running and would end. Leave?", "正在充电，退出将结束本次充电。确定退出吗？")
