"""Words of ev-up: what it starts, what went wrong, where everything is, one charge told on the way."""

from common.words import Text

# -- settings that are wrong together

CENTRAL_NEEDS_KAFKA = Text(
    "--central joins a network that runs elsewhere: give its Kafka broker too, with --kafka.",
    "--central 用于加入在别处运行的网络：还需用 --kafka 给出它的 Kafka 服务器。",
)
OPTIONS_NEED_KAFKA = Text(
    "Options of librdkafka are for a Kafka of your own: give its address too, with --kafka.",
    "librdkafka 选项只用于你自己的 Kafka：还需用 --kafka 给出它的地址。",
)
NO_DATABASE_HERE = Text(
    "--database is for the machine that Central runs on; leave it out beside --central.",
    "--database 只用于运行中央系统的机器；使用 --central 时请去掉它。",
)
ONCE_NEEDS_A_POINT = Text(
    "--once needs a point to charge at: --points 1 or more.", "--once 需要一个可充电的充电桩：--points 至少为 1。"
)

# -- the data directory and the programs

CANNOT_USE_DATA_DIR = Text("Cannot use {path} as data directory: {why}.", "无法把 {path} 用作数据目录：{why}。")
DATA_DIR_IN_USE = Text(
    "{path} is in use by another ev-up (process {holder}). Stop that one, or:",
    "{path} 正被另一个 ev-up（进程 {holder}）使用。请停止它，或者：",
)
UNKNOWN = Text("unknown", "未知")
CHOOSE_DATA_DIR = Text("Choose another place with --data-dir.", "用 --data-dir 换一个位置。")
CANNOT_WRITE = Text(
    "Cannot write {path}: {why}. Choose another place with --data-dir.",
    "无法写入 {path}：{why}。请用 --data-dir 换一个位置。",
)
DOES_NOT_START = Text("{name} does not start: {why}.", "{name} 无法启动：{why}。")
BROKER_DOES_NOT_START = Text(
    "The embedded broker does not start on {address} ({how}; see {log}).",
    "内置的 Kafka 服务器无法在 {address} 上启动（{how}；见 {log}）。",
)
KILLED = Text("was killed by signal {n}", "被信号 {n} 终止")
ENDED = Text("ended with exit status {n}", "已结束，退出状态 {n}")
SAID_NOTHING = Text("it said nothing.", "它没有给出任何信息。")
WHY = Text("{name} {how}: {said} (Its log: {log})", "{name} {how}：{said}（它的日志：{log}）")
THE_REST_GOES_ON = Text("The rest goes on.", "其余程序继续运行。")
MISSING_ONE = Text("{name} ({said}; its log: {log})", "{name}（{said}；它的日志：{log}）")
MISSING = Text(
    "Not ready, and nothing new for {seconds:.0f} s; missing: {names}.",
    "尚未就绪，{seconds:.0f} 秒内没有进展；缺少：{names}。",
)
WAS_KILLED = Text("{name} did not stop in time and was killed.", "{name} 未及时停止，已被强制终止。")

# -- what ev-up says of itself

READY = Text("Ready in {seconds:.1f} s.", "已就绪，用时 {seconds:.1f} 秒。")
STOPPING = Text("Stopping ...", "正在停止……")
STOPPED = Text("Stopped: nothing is left running.", "已停止：没有程序仍在运行。")
STOPPED_BEFORE_THE_TICKET = Text("Stopped before the ticket.", "在收到账单之前已停止。")

# -- the guide: what stands in front is as wide in every line

CENTRAL = Text("  Central   {address}", "  中央系统  {address}")
KAFKA = Text("  Kafka     {address}", "  Kafka     {address}")
ELSEWHERE = Text(" (elsewhere)", "（在别处）")
EMBEDDED = Text(" (embedded, in memory)", "（内置，仅在内存中）")
DATABASE = Text("  Database  {address}", "  数据库    {address}")
POINT = Text("  {cp_id:9} Engine at {address}", "  {cp_id:9} Engine 位于 {address}")
METRICS = Text("  Metrics   {name} at {scheme}://{address}/metrics", "  指标      {name}：{scheme}://{address}/metrics")
SECRETS = Text("  Secrets   {folder}", "  密钥      {folder}")
LOGS = Text("  Logs      {folder}", "  日志      {folder}")
NOT_REACHABLE = Text(
    "  Other machines cannot use this yet: say by which name they reach this one, with --advertise NAME.",
    "  其他机器还不能使用它：请用 --advertise NAME 说明它们以什么名称访问本机。",
)
TRY = Text("Try, in another terminal:", "可以在另一个终端中试试：")
CTRL_C = Text("Ctrl-C stops everything.", "按 Ctrl-C 停止全部程序。")

# -- one charge

NO_TICKET_IN_TIME = Text(
    "The charge did not come to its ticket in time; the driver's log: {log}",
    "充电未能及时结束并出账单；用户程序的日志：{log}",
)
NO_TICKET = Text(
    "There is no ticket; the driver ended with exit status {status}: {why} (Its log: {log})",
    "没有账单；用户程序已结束，退出状态 {status}：{why}（它的日志：{log}）",
)
CHARGES = Text(
    "{point} charges, session {session}, {price} a kWh.", "{point} 开始充电，会话 {session}，每 kWh {price}。"
)
READING = Text("{point}: {energy} kWh, {cost}, at {rate} kW.", "{point}：{energy} kWh，费用 {cost}，功率 {rate} kW。")
DONE = Text("{point} is done ({reason}): {energy} kWh.", "{point} 充电结束（{reason}）：{energy} kWh。")
TICKET = Text("The ticket: {energy} kWh cost {cost}.", "账单：{energy} kWh，费用 {cost}。")

NOT_ENROLLED = Text("Nobody could be enrolled: {said} (The log: {log})", "无法登记：{said}（日志：{log}）")
NO_SECRET_HERE = Text(
    "{file} is not there. Where that Central is, make it with ev-admin enroll {role} {id} --dir DIR, and copy it to {folder}.",
    "{file} 不存在。请在那个中央系统处用 ev-admin enroll {role} {id} --dir DIR 生成，并复制到 {folder}。",
)
TLS_ELSEWHERE = Text(
    "--tls makes certificates for a Central on this machine; for one elsewhere set EV_TLS_CA to its CA's certificate.",
    "--tls 为本机上的中央系统生成证书；若中央系统在别处，请把 EV_TLS_CA 设为其 CA 证书。",
)
