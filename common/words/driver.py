"""Words of the driver's program: its app, and the lines of its commands."""

from common.words import Text

# -- lines of commands

CHARGES = Text("{cp} charges{price}; session {session}.", "{cp} 开始充电{price}；会话 {session}。")
AT_A_PRICE = Text(" at {price} a kWh", "，每 kWh {price}")
THE_POINT = Text("The point", "充电桩")
A_POINT = Text("A point", "有充电桩")
IS_STOPPING = Text("The charge is being stopped; session {session}.", "正在停止充电；会话 {session}。")
AS_ASKED = Text("as asked", "如所请求")
STARTED_LATE = Text(
    "{cp} started late, after no answer; the charge is being stopped.", "{cp} 在请求超时之后才开始充电；正在停止。"
)
HAS_ENDED = Text(
    "{cp} has ended: {figures} ({reason}); session {session}.", "{cp} 充电结束：{figures}（{reason}）；会话 {session}。"
)
IS_NOW = Text("{cp} is now {status}; session {session}.", "{cp} 现在{status}；会话 {session}。")
NO_POINTS = Text("No charging points.", "没有充电桩。")
NO_SESSIONS = Text("No sessions.", "没有充电会话。")

TICKET_HEAD = Text("Ticket {session}", "账单 {session}")
TICKET_POINT = Text("  point   {cp}", "  充电桩  {cp}")
TICKET_ENERGY = Text("  energy  {energy} kWh{price}", "  电量    {energy} kWh{price}")
TICKET_PRICE = Text(" at {price}", "，单价 {price}")
TICKET_COST = Text("  cost    {cost}", "  费用    {cost}")
TICKET_FROM = Text("  from    {began} to {ended}", "  时间    {began} 至 {ended}")
TICKET_ENDED = Text("  ended   {reason}", "  结束    {reason}")

HEAD_POINT = Text("point", "充电桩")
HEAD_STATUS = Text("status", "状态")
HEAD_PRICE = Text("a kWh", "单价/kWh")
HEAD_POWER = Text("kW", "功率 kW")
HEAD_NAME = Text("name", "名称")
HEAD_ADDRESS = Text("address", "地址")
HEAD_SESSION = Text("session", "会话")
HEAD_STARTED = Text("started", "开始")
HEAD_ENDED = Text("ended", "结束")
HEAD_KWH = Text("kWh", "电量 kWh")
HEAD_COST = Text("cost", "费用")
HEAD_REASON = Text("reason", "原因")
HEAD_DISTANCE = Text("km", "距离 km")
HEAD_TOOK = Text("took", "时长")

SESSION_STATES = {"CHARGING": Text("CHARGING", "充电中"), "FINISHED": Text("FINISHED", "已结束")}

# -- the app: its frame

TITLE = Text("EV driver {driver_id}", "电动车用户 {driver_id}")
WELCOME = Text("EV driver", "电动车用户")
WHO = Text("Who is driving?", "您是哪位用户？")
WHO_FIELD = Text("driver id", "用户编号")
WHO_HINT = Text("1 to 36 letters, digits, '.', '_' and '-'", "1 至 36 个字母、数字、“.”、“_”或“-”")
NO_ID = Text("{text!r} is no driver id.", "{text!r} 不是有效的用户编号。")

CENTRAL_OPEN = Text("Central connected", "中央系统已连接")
CENTRAL_TRYING = Text("Connecting to Central", "正在连接中央系统")
CENTRAL_LOST = Text("Central lost {since}", "{since}与中央系统断开")
CENTRAL_LOST_NEXT = Text("Central lost {since}, next try in {s} s", "{since}与中央系统断开，{s} 秒后重试")
KAFKA_OPEN = Text("Kafka live", "Kafka 正常")
KAFKA_TRYING = Text("Kafka starting", "Kafka 启动中")
KAFKA_LOST = Text("Kafka lost {since}, trying on", "{since}与 Kafka 断开，正在重试")

# -- points

POINTS_TITLE = Text("Points", "充电桩")
POINTS_COUNT = Text("{shown} of {total}", "{shown} / 共 {total} 个")
POINTS_PART = Text("Central told {told} of {total}", "中央系统只列出 {total} 个中的 {told} 个")
BY_ID = Text("by id", "按编号")
BY_DISTANCE = Text("nearest first", "由近到远")
BY_PRICE = Text("cheapest first", "由低价到高价")
BY_POWER = Text("strongest first", "由高功率到低功率")
FREE_ONLY = Text("free only", "只看空闲")
FILTERED = Text("filter {words}", "筛选 {words}")
TOLD_SINCE = Text("as told {since}", "{since}更新")
POINTS_ASKED = Text("Asking Central for its charging points …", "正在向中央系统查询充电桩…")
NOTHING_FITS = Text("No point fits.", "没有符合条件的充电桩。")
UNLISTED = Text(
    "No point in the list fits. Enter asks for a charge at {cp} all the same.",
    "列表中没有符合的充电桩。按 Enter 仍可请求在 {cp} 充电。",
)
FILTER = Text("Filter", "筛选")

LIMIT_TITLE = Text("Charge at {cp}", "在 {cp} 充电")
LIMIT_ASK = Text("End after how many kWh? Empty: no limit.", "充满多少 kWh 后结束？留空表示不限。")
LIMIT_FIELD = Text("kWh", "kWh")
LIMIT_WRONG = Text(
    "{text!r} is no amount: a number above 0 with at most 3 decimals.",
    "{text!r} 不是有效的电量：应大于 0，最多 3 位小数。",
)
LIMIT_PRICE = Text("{price} a kWh, up to {power} kW", "每 kWh {price}，最高 {power} kW")

ASKING = Text("Asking for a charge at {cp} …", "正在请求在 {cp} 充电…")
ONE_AT_A_TIME = Text("One charge at a time; c shows the one that runs.", "一次只能充一次电；按 c 查看正在进行的充电。")
NOT_ANSWERED = Text("Central did not answer; it is asked again.", "中央系统没有应答，将再次查询。")
CHARGE_NOT_ANSWERED = Text(
    "Central did not answer for {cp}; should the charge still start, it is stopped.",
    "中央系统未就 {cp} 应答；若充电仍然开始，将自动停止。",
)
STOP_NOT_ANSWERED = Text(
    "Central did not answer; the charge may go on. Try s again.", "中央系统没有应答，充电可能仍在继续。请再按 s。"
)

# -- the charge

NO_CHARGE = Text("No charge runs. Choose a point with p.", "当前没有充电。按 p 选择充电桩。")
PICKED_UP = Text("This charge was running already.", "这次充电此前已经开始。")
ANOTHER_RUNS = Text("Another charge of yours runs at {cp}; c shows it.", "您在 {cp} 还有一次充电正在进行；按 c 查看。")
CHARGING_SINCE = Text("charging for {span}", "已充电 {span}")
STOPPING = Text("being stopped", "正在停止")
SETTLING = Text("ended; the ticket is being written", "已结束，正在出账单")
ENERGY = Text("energy", "电量")
COST = Text("cost", "费用")
POWER = Text("power now", "当前功率")
PRICE = Text("price a kWh", "每 kWh 单价")
UNKNOWN = Text("unknown", "未知")
OF_LIMIT = Text("{energy} of {limit} kWh", "{energy} / {limit} kWh")
OF_CENTRAL = Text("as Central counts: to a limit, else 50 kWh", "按中央系统计：以上限计，否则以 50 kWh 计")
TIME_LEFT = Text("about {span} left", "约剩 {span}")
NO_PROGRESS = Text("nobody has said yet how far it is", "尚无进度信息")
CURVE = Text("Power, the last {n} readings; most {most} kW", "功率，最近 {n} 次读数；最高 {most} kW")
NO_CURVE = Text("No live readings: Central's books are asked instead.", "没有实时读数，改为查询中央系统的账目。")
SESSION = Text("session", "会话")
STARTED = Text("started", "开始")
FIGURES_SINCE = Text("figures as told {since}", "数据{since}更新")
CHARGE_LOST = Text(
    "Out of touch. The charge goes on at the point; what is missed is caught up.",
    "连接中断。充电桩上的充电仍在继续，恢复后会补上错过的数据。",
)
STOP_ASK = Text("Stop the charge at {cp}?", "停止在 {cp} 的充电？")
QUIT_ASK = Text("A charge runs at {cp}. Quit all the same?", "{cp} 上的充电正在进行。仍要退出吗？")
QUIT_ASKED = Text(
    "The charge at {cp} was asked for and may still start; look for it with ev-driver --driver-id {driver_id} app.",
    "已请求在 {cp} 充电，可能仍会开始；可用 ev-driver --driver-id {driver_id} app 查看。",
)
POINT_IS = Text("the point is {status}", "充电桩{status}")

# -- tickets and history

TICKET_TITLE = Text("Ticket", "账单")
TICKET_OPEN = Text("So far: this charge still runs", "截至目前：充电仍在进行")
NO_TICKET = Text("No charge runs, and there is no ticket yet.", "当前没有充电，也还没有账单。")
TICKET_THERE = Text(
    "The charge at {cp} has ended: {energy} kWh, {cost}. c shows the ticket.",
    "{cp} 充电结束：{energy} kWh，费用 {cost}。按 c 查看账单。",
)
LABEL_POINT = Text("Point", "充电桩")
LABEL_ADDRESS = Text("Address", "地址")
LABEL_DRIVER = Text("Driver", "用户")
LABEL_SESSION = Text("Session", "会话")
LABEL_FROM = Text("From", "开始")
LABEL_TO = Text("To", "结束")
LABEL_TOOK = Text("Time", "时长")
LABEL_ENDED = Text("Ended by", "结束原因")
LABEL_ENERGY = Text("Energy", "电量")
LABEL_PRICE = Text("Price a kWh", "每 kWh 单价")
LABEL_TOTAL = Text("TOTAL", "合计")
HISTORY_TITLE = Text("History", "充电记录")
HISTORY_COUNT = Text("{n} so far: {energy} kWh, {cost}", "已列 {n} 次：{energy} kWh，费用 {cost}")
HISTORY_MORE = Text("older ones follow", "后面还有更早的记录")
HISTORY_ASKED = Text("Asking Central for the history …", "正在向中央系统查询记录…")
HISTORY_EMPTY = Text("No charges yet.", "还没有充电记录。")
STILL_RUNS = Text("still runs", "进行中")

# -- keys

LOG_TITLE = Text("Newest of the log", "最新日志")
LOG_EMPTY = Text("Nothing was logged.", "没有日志。")
DO_CHOOSE = Text("choose", "选择")
DO_CHARGE = Text("charge", "充电")
DO_FILTER = Text("filter", "筛选")
DO_FREE = Text("free only", "只看空闲")
DO_ORDER = Text("order", "排序")
DO_REFRESH = Text("ask again", "刷新")
DO_POINTS = Text("points", "充电桩")
DO_SHOW_CHARGE = Text("the charge", "当前充电")
DO_HISTORY = Text("history", "记录")
DO_HELP = Text("help", "帮助")
DO_QUIT = Text("quit", "退出")
DO_STOP = Text("stop", "停止")
DO_TICKET = Text("ticket", "账单")
DO_BACK = Text("back", "返回")
DO_START = Text("start", "开始")
DO_YES = Text("yes", "是")
DO_NO = Text("no", "否")
DO_CLEAR = Text("clear", "清除")
DO_GO_ON = Text("go on", "继续")

HELP_POINTS = Text("In the list of points", "在充电桩列表中")
HELP_CHARGE = Text("While charging", "充电时")
HELP_HISTORY = Text("In the history", "在记录中")
HELP_ALWAYS = Text("Anywhere", "任何时候")
HELP_MOVE = Text("choose; also PgUp, PgDn, Home, End", "选择；也可用 PgUp、PgDn、Home、End")
HELP_ENTER = Text("charge there; asks for a limit first", "在此充电；先询问电量上限")
HELP_FILTER = Text("type words of id, name or address; Esc clears", "输入编号、名称或地址中的词；Esc 清除")
HELP_FREE = Text("only points that can charge now, or all", "只看空闲的充电桩，或看全部")
HELP_ORDER = Text("order: id, distance, price, power", "排序：编号、距离、价格、功率")
HELP_REFRESH = Text("ask Central again now", "立即重新查询")
HELP_STOP = Text("stop the charge; asks first", "停止充电；会先确认")
HELP_OPEN = Text("read the ticket, or watch the charge that runs", "查看账单，或查看正在进行的充电")
HELP_POINTS_KEY = Text("the points", "充电桩列表")
HELP_CHARGE_KEY = Text("the charge that runs, else the last ticket", "正在进行的充电，否则最近的账单")
HELP_HISTORY_KEY = Text("the history", "充电记录")
HELP_BACK = Text("back", "返回")
HELP_HELP = Text("these keys; also F1", "本页；也可按 F1")
HELP_PICTURE = Text("save a picture of the screen (SVG)", "保存屏幕截图（SVG）")
HELP_QUIT = Text("quit; asks first while a charge runs; also Ctrl-C", "退出；充电时会先确认；也可按 Ctrl-C")

# -- without the app

MUST_BE_PLACE = Text(
    "must be degrees north and east with a comma between, for example 31.2304,121.4737",
    "必须是北纬和东经的度数，中间用逗号，例如 31.2304,121.4737",
)

NO_COMMAND = Text(
    "Give a command: list, charge, stop, history, run or listen; the app needs a terminal. Try ev-driver --help.",
    "请给出命令：list、charge、stop、history、run 或 listen；应用需要在终端中打开。可运行 ev-driver --help。",
)
