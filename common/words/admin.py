"""Words of the operator's console: its panels, its command line, its help."""

from common.words import Text

# -- the link

CONNECTING = Text("connecting", "正在连接")
KAFKA_UP = Text("Kafka up", "Kafka 正常")
KAFKA_DOWN = Text("Kafka DOWN", "Kafka 中断")
CONNECTED = Text("connected", "已连接")
LINK_LOST = Text("LINK LOST since {clock}", "连接已中断，自 {clock}")
LINK_REFUSED = Text("NOT ACCEPTED", "身份验证未通过")
NEXT_TRY = Text("next try in {seconds} s", "{seconds} 秒后重试")
TRYING = Text("trying now", "正在重试")
AS_OF = Text("figures of {clock}", "数据截至 {clock}")
NOT_CONNECTED = Text("Not connected to Central; nothing was sent.", "未连接中央系统，命令没有发送。")
LOST_BEFORE_ANSWER = Text(
    "The link was lost before Central answered; it may have been done.",
    "中央系统应答之前连接已中断，命令可能已经执行。",
)
NO_ANSWER = Text("Central did not answer within {seconds} s.", "中央系统在 {seconds} 秒内没有应答。")
TOO_MANY_QUESTIONS = Text(
    "Too many commands are under way; wait for their answers.", "正在执行的命令过多，请等待应答。"
)

# -- panels and their columns

POINTS = Text("Points", "充电桩")
SESSIONS = Text("Sessions", "充电会话")
RUNNING = Text("Running requests and sessions", "进行中的请求与会话")
ONLY_RUNNING = Text("only running ones; F3 shows all", "仅进行中；F3 显示全部")
EVENTS = Text("Events", "事件")
ERRORS = Text("Errors and notices", "错误与通知")
DRIVERS = Text("Drivers", "用户")
FIGURES = Text("Figures", "指标")
HELP = Text("Help", "帮助")
TRACE_OF = Text("Trace of {id}", "追踪 {id}")
CREDENTIALS = Text("Credentials", "凭据")
CREDENTIALS_OF = Text("Credentials: {role}", "凭据：{role}")
MORE_CREDENTIALS = Text(
    "There are more; `ev-admin credentials` at a shell shows them all.",
    "还有更多；在命令行使用 ev-admin credentials 可查看全部。",
)
NO_CREDENTIALS = Text("Nobody is enrolled.", "尚无登记。")
SECRET_OF = Text("Secret of {who}", "{who} 的密钥")
SECRETS = Text("Secrets", "密钥")
SECRET_GOES = Text(
    "Put it into a file of its program's machine, for --secret-file. It is shown only now: once Esc has closed this page, "
    "nobody can see it again.",
    "请把它写入相应程序所在机器上的文件，供 --secret-file 使用。密钥只显示这一次：按 Esc 关闭本页后，任何人都无法再次查看。",
)
PERHAPS_DONE = Text(
    "If it was done, nobody has the secret: rotate {role} {id} makes another.",
    "如果已经执行，则无人知道该密钥：用 rotate {role} {id} 可另生成一个。",
)
BOARD = Text("Board", "总览")

RANGE = Text("{first}-{last} of {total}", "{first}-{last} / 共 {total}")
PAGE_OF = Text("page {n}", "第 {n} 页")
NONE_OF = Text("none of {total}", "0 / 共 {total}")
SORTED = Text("by {key}", "按{key}")
SORTED_DOWN = Text("by {key}, descending", "按{key}降序")
SEARCHED = Text("search “{text}”", "搜索“{text}”")

POINT = Text("point", "充电桩")
NAME = Text("name", "名称")
STATUS_HEAD = Text("state", "状态")
PRICE = Text("a kWh", "单价")
DRIVER = Text("driver", "用户")
COST = Text("cost", "费用")
PROGRESS = Text("progress", "进度")
SEEN = Text("seen", "心跳")
SESSION = Text("session", "会话")
STARTED = Text("started", "开始")
TOOK = Text("took", "时长")
REASON_HEAD = Text("reason", "结束原因")
FIRST_SEEN = Text("first seen", "首次出现")
LAST_SEEN = Text("last seen", "最近出现")
TIMES = Text("sessions", "会话数")
KW = Text("kW", "kW")
KWH = Text("kWh", "kWh")

NO_POINTS = Text("No charging point has registered yet.", "还没有充电桩注册。")
NO_POINT_FITS = Text("No charging point fits; `all` shows every one.", "没有符合条件的充电桩；输入 all 显示全部。")
NO_SESSIONS = Text("No session.", "没有充电会话。")
NO_EVENTS = Text("Nothing has happened yet.", "还没有事件。")
NO_ERRORS = Text("No errors, no notices.", "没有错误和通知。")
NO_DRIVERS = Text("No driver has been here yet.", "还没有用户。")
WAITING = Text("Waiting for Central ...", "正在等待中央系统……")
SESSION_STATE: dict[str, Text] = {
    "CLAIMED": Text("starting", "启动中"),
    "CHARGING": Text("charging", "充电中"),
    "FINISHED": Text("finished", "已结束"),
    "REFUSED": Text("refused", "已拒绝"),
}
LEVEL: dict[str, Text] = {
    "INFO": Text("notice", "通知"),
    "WARNING": Text("warning", "警告"),
    "ERROR": Text("error", "错误"),
    "CRITICAL": Text("error", "错误"),
}

# -- cards

A_KWH = Text("{price} a kWh", "{price} / kWh")
UP_TO = Text("up to {kw} kW", "最大 {kw} kW")
STARTING = Text("starting", "启动中")
OUT_OF_SERVICE = Text("out of service", "已停止服务")
SEEN_AGO = Text("seen {ago}", "心跳 {ago}")
NEVER_SEEN = Text("never seen", "从未上线")

# -- figures

ALL_POINTS = Text("{total} points", "{total} 个充电桩")
ONE_POINT = Text("1 point", "1 个充电桩")
POWER_NOW = Text("{kw} kW now", "当前 {kw} kW")
TODAY = Text("today {kwh} kWh  {money}", "今日 {kwh} kWh  {money}")
F_POWER = Text("power now", "当前功率")
F_ENERGY = Text("energy today (UTC)", "今日电量 (UTC)")
F_MONEY = Text("money today (UTC)", "今日费用 (UTC)")
F_REQUESTS = Text("requests running", "处理中的请求")
F_COMMANDS = Text("commands waiting", "等待应答的命令")
F_RUNNING = Text("sessions charging", "充电中的会话")
F_MESSAGES = Text("messages a second", "每秒消息数")
MESSAGES = Text("{n} messages/s", "{n} 条消息/秒")
F_KAFKA = Text("Kafka link", "Kafka 连接")
F_LAG = Text("lag", "积压")
F_KAFKA_LAG = Text("Kafka lag", "Kafka 积压")
F_P50 = Text("request accepted, p50", "请求至接受 p50")
F_P99 = Text("request accepted, p99", "请求至接受 p99")
F_LATENCY_NONE = Text("none yet", "暂无")
F_OTHERS = Text("other Centrals", "其他中央系统")
F_OUTBOX = Text("outbox", "待发消息")
F_DEAD = Text("dead letters", "死信")
F_QUARANTINED = Text("quarantined", "已隔离")
F_LINKED = Text("points linked here", "本机连接的充电桩")
F_UPTIME = Text("up for", "已运行")
F_FINISHED = Text("sessions finished", "已结束会话")
F_REFUSED = Text("requests refused", "已拒绝请求")
F_READINGS = Text("readings stored", "已存读数")
UP = Text("up", "正常")
DOWN = Text("DOWN", "中断")

# -- the command line

PROMPT = Text("> ", "> ")
PLACEHOLDER = Text("type a command; Tab completes, F1 shows them all", "输入命令；Tab 补全，F1 查看全部命令")
YES = ("yes", "y", "是")
ASK_STOP_ALL = Text("Stop all points, and end every charge there?", "停用所有充电桩并结束所有充电？")
ASK_PRICE_ALL = Text("Set the price of every point to {price} a kWh?", "将所有充电桩的电价设为每 kWh {price}？")
ASK_REVOKE = Text("Take the secret of {role} {id} away, and end its links?", "吊销 {role} {id} 的密钥，并断开其连接？")
ASK_QUIT = Text("This stops {name}. Quit?", "退出将停止 {name}。确定退出？")
ASK_OVERWRITE = Text("{file} exists. Overwrite it?", "{file} 已存在。要覆盖吗？")
YES_OR_NO = Text("yes or no: ", "输入 yes 或 no：")
NOTHING_DONE = Text("Nothing was done.", "没有执行任何操作。")
UNDER_WAY = Text("{order} ... {ago}", "{order} …… {ago}")
MORE_CHOICES = Text("... and {n} more", "…… 另有 {n} 项")
ERRORS_KEY = "F5"
NOTICES = Text("Notices", "通知")
KEYS_LINE: tuple[tuple[str, Text], ...] = (
    ("F1", HELP),
    ("F2", BOARD),
    ("F3", SESSIONS),
    ("F4", EVENTS),
    (ERRORS_KEY, Text("Errors", "错误")),
    ("F6", DRIVERS),
    ("F7", FIGURES),
    ("PgUp PgDn", Text("page", "翻页")),
    ("F12", Text("picture", "截图")),
)
KEYS_OVERLAY: tuple[tuple[str, Text], ...] = (
    ("Esc", Text("close", "关闭")),
    ("PgUp PgDn", Text("scroll", "滚动")),
    ("Home End", Text("first, last", "开头、结尾")),
)

UNKNOWN_ORDER = Text("There is no command {word}; F1 shows them all.", "没有命令 {word}；按 F1 查看全部命令。")
USAGE_IS = Text("Usage: {usage}", "用法：{usage}")
WRONG_STATE = Text("{word} is no state; there are {states}.", "没有状态 {word}；可用：{states}。")
WRONG_KEY = Text("Nothing can be sorted by {word}; there are {keys}.", "不能按 {word} 排序；可用：{keys}。")
WRONG_PAGE = Text("{word} is no page number.", "{word} 不是有效的页码。")
WRONG_FILE = Text(
    "The file's name must end in .csv or .json (it is {word}).", "文件名必须以 .csv 或 .json 结尾（输入的是 {word}）。"
)
WRONG_ROLE = Text("{word} is no role; there are {roles}.", "没有角色 {word}；可用：{roles}。")
NO_MORE_PAGES = Text("There is no further page.", "没有更多页。")
LONG_SEARCH = Text("The text to search for is too long.", "搜索内容过长。")

EXPORTING = Text(
    "Exporting {what}: {rows} rows so far; `cancel` ends it.", "正在导出{what}：已写 {rows} 行；输入 cancel 取消。"
)
EXPORT_CANCELLED = Text("The export was cancelled; no file was left.", "导出已取消，没有留下文件。")
EXPORT_FAILED = Text("The export failed: {why}", "导出失败：{why}")
EXPORT_RUNS = Text("An export is running already; `cancel` ends it.", "已有导出正在进行；输入 cancel 取消。")
NOTHING_TO_CANCEL = Text("Nothing runs that could be cancelled.", "没有可取消的操作。")

# -- help

HELP_COMMANDS = Text("Commands", "命令")
HELP_KEYS = Text("Keys", "按键")
SORT_KEYS: dict[str, Text] = {
    "cp_id": Text("cp_id", "编号"),
    "name": Text("name", "名称"),
    "status": Text("state", "状态"),
    "price": Text("price", "电价"),
    "power": Text("power", "功率"),
    "energy": Text("energy", "电量"),
    "cost": Text("cost", "费用"),
    "seen": Text("last heartbeat", "心跳时间"),
}
SAYS: dict[str, Text] = {
    "stop": Text(
        "take a point (or all) out of service; a charge there ends", "停用一个（或全部）充电桩，正在进行的充电会结束"
    ),
    "resume": Text("put a point (or all) back into service", "恢复一个（或全部）充电桩的服务"),
    "end": Text("end one charging session", "结束一个充电会话"),
    "price": Text("set the price of one kWh, from the next session on", "设置每 kWh 的电价，自下次会话起生效"),
    "search": Text("show points whose id, name or address has this text", "显示编号、名称或地址包含该文字的充电桩"),
    "filter": Text("show points in these states; `filter all` ends it", "只显示这些状态的充电桩；filter all 取消"),
    "all": Text("show every point again: no search, no filter", "取消搜索和筛选，显示全部充电桩"),
    "sort": Text("sort points by {keys}; `desc` turns it round", "按 {keys} 排序；desc 为降序"),
    "page": Text("go to a page of points", "跳到指定页"),
    "next": Text("the next page (PgDn)", "下一页 (PgDn)"),
    "prev": Text("the page before (PgUp)", "上一页 (PgUp)"),
    "board": Text("points and what goes on (F2)", "充电桩与动态总览 (F2)"),
    "sessions": Text(
        "sessions, newest first; only running ones with `open` (F3, again F3)",
        "充电会话，最新的在前；open 仅显示进行中的 (F3，再按 F3)",
    ),
    "events": Text("what happened, newest first (F4)", "事件，最新的在前 (F4)"),
    "errors": Text("warnings, errors and notices (F5)", "警告、错误与通知 (F5)"),
    "drivers": Text("drivers and what they charged (F6)", "用户及其充电总量 (F6)"),
    "figures": Text("Central's figures (F7)", "中央系统的指标 (F7)"),
    "trace": Text("the story of a message or a session", "追踪一条消息或一个会话的经过"),
    "export": Text(
        "write all sessions or events to FILE.csv or FILE.json", "将全部会话或事件导出为 FILE.csv 或 FILE.json"
    ),
    "enroll": Text(
        "make a point, a driver or an operator known; shows its secret, once",
        "登记充电桩、用户或管理员；密钥只显示一次",
    ),
    "rotate": Text(
        "a new secret, shown once; the old one counts for a day more", "更换密钥，只显示一次；旧密钥还可使用一天"
    ),
    "revoke": Text("take a secret away; links proven with it end", "吊销密钥；用它验证的连接会断开"),
    "credentials": Text("who is enrolled or was; never a secret", "已登记和曾登记者；从不显示密钥"),
    "cancel": Text("end a running export", "取消正在进行的导出"),
    "clear": Text("clear the messages", "清除提示信息"),
    "help": Text("this page (F1)", "显示本页 (F1)"),
    "quit": Text("leave the console", "退出控制台"),
}
KEYS_HELP: tuple[tuple[str, Text], ...] = (
    (
        "F1 - F7",
        Text("help, board, sessions, events, errors, drivers, figures", "帮助、总览、会话、事件、错误、用户、指标"),
    ),
    (
        "Tab",
        Text(
            "complete commands, ids and states; on an empty line: the next view", "补全命令、ID 和状态；空行时切换视图"
        ),
    ),
    ("Up Down", Text("earlier commands, also of earlier days", "历史命令（包括以往会话）")),
    ("PgUp PgDn", Text("pages of the list on screen", "当前列表翻页")),
    ("Esc", Text("close what is open, clear the line", "关闭弹出内容，清空命令行")),
    (
        "Ctrl-A E W U K",
        Text("begin, end of the line; cut a word, all before, all after", "行首、行尾；删除单词、删除前文、删除后文"),
    ),
    ("F12", Text("save a picture of the screen (SVG)", "保存屏幕截图 (SVG)")),
    ("Ctrl-C", Text("leave at once", "立即退出")),
)

NOT_A_TERMINAL = Text(
    "The console needs a terminal; for scripts there are the other commands (--help).",
    "控制台需要终端；脚本请使用其他命令（--help）。",
)

# -- tables at the command line

T_STATUS = Text("status", "状态")
T_DETAIL = Text("detail", "详情")
T_OUT = Text("out", "停用")
T_MOST = Text("kW most", "最大 kW")
T_SEEN = Text("seen", "最近心跳")
T_ENDED = Text("ended", "结束")
T_YES = Text("yes", "是")
T_WHOSE = Text("role", "角色")
T_ID = Text("id", "标识")
T_ENROLLED = Text("enrolled", "登记")
T_CHANGED = Text("changed", "更改")
T_BY = Text("by", "操作者")
T_OLD_UNTIL = Text("old one until", "旧密钥有效至")
T_REVOKED = Text("revoked", "吊销")
