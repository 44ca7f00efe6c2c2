"""Words of ev-driver at the command line: why an errand failed, what to do next. What its screens show stands in driver.py."""

from common.words import Text

CENTRAL_SILENT = Text(
    "Central did not answer within {seconds:.0f} s; try again later.",
    "中央系统在 {seconds:.0f} 秒内没有应答；请稍后再试。",
)
CENTRAL_SILENT_MAY_START = Text(
    "Central did not answer within {seconds:.0f} s; "
    "the charge may still start: look with ev-driver --driver-id {driver} history.",
    "中央系统在 {seconds:.0f} 秒内没有应答；充电仍可能开始：请用 ev-driver --driver-id {driver} history 查看。",
)
PERHAPS_A_SECRET = Text(
    "Perhaps this network demands a secret: ev-admin enroll driver {driver} makes it, --secret-file gives it.",
    "该网络可能要求密钥：ev-admin enroll driver {driver} 可生成密钥，用 --secret-file 给出它。",
)
SILENT_AT = Text(
    "{point}: Central did not answer within {seconds:.0f} s.", "{point}：中央系统在 {seconds:.0f} 秒内没有应答。"
)
REFUSED_AT = Text("{point}: {why}", "{point}：{why}")
INTERRUPTED = Text("Interrupted before Central answered.", "在中央系统应答之前已中断。")
INTERRUPTED_MAY_START = Text(
    "Interrupted before Central answered; "
    "the charge may still start: look with ev-driver --driver-id {driver} history.",
    "在中央系统应答之前已中断；充电仍可能开始：请用 ev-driver --driver-id {driver} history 查看。",
)
GOES_ON = Text(
    "The charge goes on; stop it with: ev-driver --driver-id {driver} stop {session} --cp {point}",
    "充电仍在继续；停止它请运行：ev-driver --driver-id {driver} stop {session} --cp {point}",
)
NO_TICKET_YET = Text(
    "The stop was accepted but no ticket came within {seconds:.0f} s; "
    "look for it with ev-driver --driver-id {driver} history.",
    "停止请求已接受，但 {seconds:.0f} 秒内没有收到账单；请用 ev-driver --driver-id {driver} history 查看。",
)
STOP_ACCEPTED = Text(
    "The stop was accepted; look for the ticket with ev-driver --driver-id {driver} history.",
    "停止请求已接受；请用 ev-driver --driver-id {driver} history 查看账单。",
)
NOT_AMONG_THE_LAST = Text(
    "{session} is not among the last {count} sessions of {driver}; if it is an older one, name its point with --cp.",
    "{driver} 最近的 {count} 个充电会话中没有 {session}；如果它更早，请用 --cp 给出充电桩。",
)
MISSED = Text("{missed} of {asked} charges did not happen.", "{asked} 次充电中有 {missed} 次没有进行。")
INTERRUPTED_MISSED = Text(
    "Interrupted; {missed} of {asked} charges did not happen.", "已中断；{asked} 次充电中有 {missed} 次没有进行。"
)
PROOF_REFUSED = Text("Central does not accept this driver's proof: {why}", "中央系统不接受该用户的身份验证：{why}")

# -- reaching the network

NOT_STARTED = Text("The driver could not start.", "用户程序无法启动。")
NO_ANSWER_AT = Text("Central at {address} does not answer.", "中央系统 {address} 没有应答。")
START_CENTRAL = Text(
    "Start Central, or say where it is with --central.", "请启动中央系统，或用 --central 给出它的地址。"
)
KAFKA_SILENT = Text("Kafka at {address} gives no answer", "Kafka（{address}）没有应答")
ONLY_WAY = Text("It is the only way here.", "这里只能通过它。")
CHECK_ADDRESSES = Text("{silent}. {why} Check --kafka and --central.", "{silent}。{why}请检查 --kafka 和 --central。")
NOBODY_READS = Text("Nobody reads standard output any more.", "标准输出已无人读取。")

# -- arguments

NO_CP_ID = Text(
    "{told!r} is no cp_id (up to 36 letters, digits, '.', '_' and '-').",
    "{told!r} 不是 cp_id（最多 36 个字母、数字、“.”、“_” 和 “-”）。",
)
NO_SESSION_ID = Text("{told!r} is no session_id; see the history.", "{told!r} 不是 session_id，请查看充电记录。")
NO_ENERGY = Text(
    "--energy must be a number of kWh above 0 with at most 3 decimals (it is {told!r}).",
    "--energy 必须是大于 0 的 kWh 数，最多 3 位小数（现在是 {told!r}）。",
)
KAFKA_NEEDS_ADDRESS = Text(
    "--transport kafka needs the broker's address: give --kafka HOST:PORT (or EV_KAFKA).",
    "--transport kafka 需要 Kafka 服务器的地址：请给出 --kafka HOST:PORT（或 EV_KAFKA）。",
)
NO_CP_ID_IN_LINE = Text(
    "{name}, line {number}: {told!r} is no cp_id (letters, digits, '.', '_' and '-').",
    "{name} 第 {number} 行：{told!r} 不是 cp_id（只能用字母、数字、“.”、“_” 和 “-”）。",
)
NO_POINTS_IN_FILE = Text(
    "{name} names no charging point; write one cp_id a line.", "{name} 中没有充电桩；请每行写一个 cp_id。"
)
