"""Words of the fleet: what is wrong with its file or its settings, its progress, its board."""

from common.words import Text

# -- its file
MUST_BE_PATTERN = Text(
    "must have {{n}} once, for the number, as in {like}, and else only A-Z a-z 0-9 . _ -",
    "必须含有一个代表编号的 {{n}}，例如 {like}，其余只能是 A-Z a-z 0-9 . _ -",
)
MUST_MAKE_IDS = Text(
    "makes {made}, and an id has 1 to 36 characters of A-Z a-z 0-9 . _ -",
    "会生成 {made}，而标识须为 1 至 36 个字符，限 A-Z a-z 0-9 . _ -",
)
MUST_BE_ONE_DISTRIBUTION = Text(
    "must be a number, or have just one of uniform, normal and exponential",
    "必须是一个数字，或只含 uniform、normal、exponential 之一",
)
MUST_BE_LIST = Text("must be a list", "必须是列表")
MUST_BE_TABLE = Text("must have names and values", "必须由名称和值组成")
MUST_RISE = Text("the first of two bounds must not be above the second", "两个界限中，前一个不能大于后一个")
NO_SUCH_VEHICLE = Text("there is no vehicle {name}; known: {known}", "没有车辆 {name}；可用：{known}")
TOO_MANY_POINTS = Text("{count} points are too many; at most {most}", "{count} 个充电桩太多；最多 {most} 个")
ID_TWICE = Text("two points would have the id {id}", "会有两个充电桩使用标识 {id}")
THE_FILE = Text("the file", "文件")
IN_FILE = Text("{path}, line {line}: {where}: {why}.", "{path} 第 {line} 行：{where}：{why}。")
IN_FILE_MISSING = Text("{path}, line {line}: {where} is missing.", "{path} 第 {line} 行：缺少 {where}。")
KEY_TWICE = Text("{path}, line {line}: {where} stands there twice.", "{path} 第 {line} 行：{where} 重复出现。")
NO_YAML = Text(
    "{path}, line {line}: this is no YAML and no JSON: {why}.", "{path} 第 {line} 行：不是 YAML 或 JSON：{why}。"
)
NO_MAPPING = Text(
    "{path}: a fleet's file has points: at its top; see docs/fleet.md.",
    "{path}：文件顶层须有 points:；参见 docs/fleet.md。",
)
TOO_DEEP = Text("{path}, line {line}: too many levels.", "{path} 第 {line} 行：嵌套层次太多。")
FILE_TOO_LARGE = Text("{path} is too large for a fleet's file.", "{path} 太大，不是机群的文件。")
NOT_KNOWN_THERE = Text("{path}, line {line}: {where} is not known there.", "{path} 第 {line} 行：没有 {where} 这一项。")

# -- its settings
MUST_BE_LINKS = Text("must be each, or a number from 1 to {most}", "必须是 each，或 1 至 {most} 的数字")
NO_SECRETS_DIR = Text("--secrets-dir: there is no folder {folder}.", "--secrets-dir：没有文件夹 {folder}。")
OTHERS_ACCOUNTS = Text(
    "The journal {path} has accounts of {count} points that are not in this fleet, {point} among them; "
    "run them too, or give another --journal.",
    "账本 {path} 中有 {count} 个不在此机群中的充电桩的账目，例如 {point}；请一并运行它们，或指定另一个 --journal。",
)

# -- progress
CONNECTING = Text("{linked} of {points} points linked", "已连接 {linked} / {points} 个充电桩")
PROGRESS = Text(
    "linked {linked} of {points}, charging {charging}, faulty {faulty}, {readings} readings/s, "
    "sessions begun {begun}, ended {ended}, accounts owed {owed}",
    "已连接 {linked} / {points}，充电中 {charging}，故障 {faulty}，{readings} 读数/秒，会话开始 {begun}，结束 {ended}，待确认账目 {owed}",
)
SUMMARY = Text(
    "{points} points in {seconds} s: {readings} readings, {begun} sessions begun, {ended} ended, {energy_kwh} kWh, "
    "{owed} accounts owed",
    "{points} 个充电桩，{seconds} 秒：{readings} 条读数，会话开始 {begun}，结束 {ended}，{energy_kwh} kWh，待确认账目 {owed}",
)

# -- the board
FLEET = Text("Fleet", "机群")
POINTS_OF = Text("{points} points at {central}", "{points} 个充电桩，连接 {central}")
SINCE = Text("for {span}", "已运行 {span}")
POINTS = Text("Points", "充电桩")
SESSIONS = Text("Sessions", "会话")
WORK = Text("Work", "负载")
LINKED = Text("Linked", "已连接")
CHARGING = Text("Charging", "充电中")
FAULTY = Text("Faulty", "故障")
OUT_OF_SERVICE = Text("Out of service", "已停用")
LINKS = Text("Links up", "在线链路")
LINKS_LOST = Text("Links lost", "断开次数")
REFUSED = Text("Refused", "被拒绝")
BEGUN = Text("Begun", "已开始")
ENDED = Text("Ended", "已结束")
WHY_ENDED = Text("Why", "结束原因")
CAME = Text("Drivers came", "到访用户")
DROVE_ON = Text("Drove on", "未充电离开")
OWED = Text("Accounts owed", "待确认账目")
READINGS = Text("Readings", "读数")
A_SECOND = Text("{n} a second", "每秒 {n} 条")
LATE = Text("Timer late by", "定时器最大延迟")
LATE_BY = Text("{ms} ms at worst", "{ms} 毫秒")
KAFKA_UP = Text("takes readings", "接收读数")
KAFKA_AWAY = Text("away; readings go through the links", "未连接；读数经链路发送")
KAFKA_NONE = Text("none; readings go through the links", "无；读数经链路发送")

# -- its drivers
LOAD_NEEDS_KAFKA = Text("--transport kafka needs --kafka.", "--transport kafka 需要 --kafka。")
LOAD_NOT_READY = Text(
    "Central at {central} and Kafka were not ready for the drivers within {seconds} s.",
    "{seconds} 秒内位于 {central} 的中央系统和 Kafka 仍未就绪，用户无法开始。",
)
LOAD_ASKED = Text(
    "{sent} charges asked for, {rate} a second of {asked}", "共请求充电 {sent} 次，每秒 {rate} 次（要求 {asked}）"
)
LOAD_CHARGES = Text("charges", "充电请求")
LOAD_STOPS = Text("stops", "停止请求")
LOAD_READINGS = Text("first readings", "首条读数")
LOAD_LATENCY = Text(
    "{what}: p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, p99.9 {p99_9} ms, longest {max} ms",
    "{what}：p50 {p50} 毫秒，p90 {p90} 毫秒，p99 {p99} 毫秒，p99.9 {p99_9} 毫秒，最长 {max} 毫秒",
)
LOAD_OUTCOMES = Text("{latency}; {outcomes}", "{latency}；{outcomes}")
LOAD_FOLLOWED = Text("{readings} readings followed, {tickets} tickets", "跟踪读数 {readings} 条，账单 {tickets} 张")
