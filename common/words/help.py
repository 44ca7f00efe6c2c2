"""
What `--help` says of programs, commands, arguments and settings.

The English stands where it belongs, in the decorators and the settings models (docs/settings.md is written from those); here
stands its pair. tests/unit/test_help.py holds that every sentence has one, and that none is left over.
"""

from common.words import Text

PROGRAMS = (
    Text("show the version and leave", "显示版本后退出"),
    # ev-up
    Text(
        "Start a broker, Central, charging points and a driver on this machine; Ctrl-C stops them in good order.",
        "在本机启动 Kafka 服务器、中央系统、若干充电桩和一个用户程序；按 Ctrl-C 有序停止。",
    ),
    # ev-central, ev-monitor, ev-engine
    Text("Run one Central until it is told to stop.", "运行一个中央系统，直到要求它停止。"),
    Text(
        "Link Engine and Central. Orders on standard input: fault TYPE [description], recover, status.",
        "连接 Engine 与中央系统。标准输入可接受的命令：fault TYPE [description]、recover、status。",
    ),
    Text(
        "Charge as Monitor commands. Events on standard input: plug, unplug, swipe, stop, fault, recover, battery, soc.",
        "按 Monitor 的指令充电。标准输入可接受的事件：plug、unplug、swipe、stop、fault、recover、battery、soc。",
    ),
    # ev-schema
    Text(
        "Write out the protocol, the metrics and the settings, as the programs have them.",
        "输出协议、指标和设置的文档，内容与程序一致。",
    ),
    Text(
        "Print an AsyncAPI 3.0 document (JSON) of every channel and message.",
        "输出 AsyncAPI 3.0 文档（JSON），包含全部通道和消息。",
    ),
    Text("Print a Markdown table of every message.", "以 Markdown 表格输出全部消息。"),
    Text("Print a Markdown table of every metric.", "以 Markdown 表格输出全部指标。"),
    Text("Print a Markdown table of every setting of every program.", "以 Markdown 表格输出每个程序的全部设置。"),
)

FLEET = (
    Text(
        "Many charging points in one process, for trying a network and for loading it.",
        "在一个进程中运行大量充电桩，用于试验网络和施加负载。",
    ),
    Text(
        "Run the points until told to stop, or for --duration; so does ev-fleet without a command.",
        "运行充电桩，直到要求停止或达到 --duration；不带命令运行 ev-fleet 效果相同。",
    ),
    Text("so many charging points, all of a kind", "充电桩数量，规格相同"),
    Text("what their ids begin with", "充电桩标识的前缀"),
    Text(
        "file (YAML or JSON) that says what the fleet is made of, instead of --points; see docs/fleet.md",
        "描述机群组成的文件（YAML 或 JSON），代替 --points；参见 docs/fleet.md",
    ),
    Text(
        "charge only as Central commands; nobody comes to a point by himself",
        "只按中央系统的指令充电；没有用户自行到访",
    ),
    Text(
        "drivers an hour that come to each point of --points by themselves",
        "每小时自行到访 --points 中每个充电桩的用户数",
    ),
    Text("the most power that each point gives", "每个充电桩的最大输出功率"),
    Text("price of one kWh when a point registers for the first time", "充电桩首次注册时每 kWh 的电价"),
    Text(
        "links to Central that the points share, or each: one a point", "充电桩共用的中央系统连接数；each 表示每桩一个"
    ),
    Text(
        "folder with point-CP.secret of each point, as ev-admin enroll --dir makes them",
        "存放每个充电桩 point-CP.secret 的文件夹，由 ev-admin enroll --dir 生成",
    ),
    Text(
        "file for the accounts of all points; without it they are in memory, and a fleet that is killed forgets its "
        "open sessions",
        "保存全部充电桩账目的文件；不指定则只在内存中，机群被强行终止时会遗忘未结束的会话",
    ),
    Text("end after so many seconds", "多少秒后结束"),
    Text(
        "the same number, the same drivers, vehicles, energies and faults",
        "随机种子：相同的数字产生相同的用户、车辆、电量和故障",
    ),
    Text(
        "at the end, write a summary as one line of JSON; progress to standard error",
        "结束时输出一行 JSON 摘要；进度写到标准错误",
    ),
)

FLEET_DRIVERS = (
    Text(
        "Have drivers ask for charges at a given rate, follow and stop them; tell outcomes and latencies.",
        "让用户按给定速率请求充电、跟踪并停止，报告结果和延迟。",
    ),
    Text("charges asked for in a second, answered or not", "每秒请求的充电次数，不论是否已有应答"),
    Text("for so many seconds", "持续多少秒"),
    Text("seconds until a charge is stopped", "充电多少秒后停止"),
    Text("end each charge after so many kWh", "每次充电达到多少 kWh 后结束"),
    Text("so many points, as ev-fleet --points calls them", "充电桩数量，标识与 ev-fleet --points 相同"),
    Text("the fleet's file, instead of --points", "机群的文件，代替 --points"),
    Text("so many drivers, who ask in turn", "轮流请求的用户数量"),
    Text("what the ids of the drivers begin with", "用户标识的前缀"),
    Text("by which way they ask", "以哪种方式发送请求"),
    Text(
        "links that the drivers share; by default as many as --rate and --secrets-dir need",
        "用户共用的连接数；默认按 --rate 和 --secrets-dir 的需要确定",
    ),
    Text(
        "folder with driver-ID.secret of each driver, as ev-admin enroll --dir makes them",
        "存放每个用户 driver-ID.secret 的文件夹，由 ev-admin enroll --dir 生成",
    ),
    Text("write the report as one line of JSON", "以一行 JSON 输出报告"),
)

DRIVER = (
    Text(
        "A driver: finds points, charges, follows and stops charges, sees what they cost.",
        "用户程序：查找充电桩、充电、跟踪和停止充电、查看费用。",
    ),
    Text(
        "Open the app on this terminal; so does ev-driver without a command.",
        "在此终端打开应用；不带命令运行 ev-driver 效果相同。",
    ),
    Text(
        "where the driver is, in degrees north and east: the app then shows how far each point is",
        "用户所在位置，北纬和东经的度数：应用会显示到各充电桩的距离",
    ),
    Text("on a terminal, open the app when no command is given", "在终端中且未给出命令时打开应用"),
    Text("Show the charging points, those that can charge now first.", "列出充电桩，现在可充电的排在前面。"),
    Text("Ask for a charge at a point.", "请求在一个充电桩充电。"),
    Text("End a charge and wait for its ticket.", "结束充电并等待账单。"),
    Text("Show the driver's sessions, newest first.", "列出该用户的充电会话，最新的在前。"),
    Text(
        "Charge at each point of a file in turn; go on after a refusal.",
        "依次在文件中的每个充电桩充电；被拒绝后继续下一个。",
    ),
    Text(
        "Stay connected and show everything the driver is told, until Ctrl-C.",
        "保持连接，显示该用户收到的全部消息，直到按 Ctrl-C。",
    ),
    Text("cp_id of the charging point", "充电桩的 cp_id"),
    Text("end the charge after so many kWh", "充到这么多 kWh 后结束"),
    Text("show the charge until its ticket", "跟踪显示充电过程，直到出账单"),
    Text("session_id of the charge", "充电会话的 session_id"),
    Text("its point, when known: saves a question", "所在的充电桩；已知时给出可少问一次"),
    Text("so many sessions", "显示多少个充电会话"),
    Text("points to charge at, one cp_id a line", "要充电的充电桩列表，每行一个 cp_id"),
    Text("seconds between two charges", "两次充电之间的秒数"),
    Text("the same points again and again, until Ctrl-C", "反复在这些充电桩充电，直到按 Ctrl-C"),
)

ADMIN = (
    Text("Look at the network and act on it, as its operator.", "以运营人员的身份查看和操作充电网络。"),
    Text("Show sessions, newest first.", "列出充电会话，最新的在前。"),
    Text("only those that run", "只列出进行中的"),
    Text("so many", "数量"),
    Text("Show every driver, with what was charged in all.", "列出全部用户及其累计充电量。"),
    Text("Take a point out of service; a charge that runs there ends.", "停用充电桩；正在进行的充电会结束。"),
    Text("cp_id of the charging point, or '*' for all", "充电桩的 cp_id，“*” 表示全部"),
    Text("Put a point back into service.", "恢复充电桩的服务。"),
    Text("End one charge.", "结束一次充电。"),
    Text("Set the price at a point.", "设置充电桩的电价。"),
    Text("price of one kWh, from the next session on", "每 kWh 的电价，从下一个充电会话起生效"),
    Text("Tell the story of a message or a session.", "讲述一条消息或一个充电会话的来龙去脉。"),
    Text("message_id or session_id", "message_id 或 session_id"),
    # ev-admin enroll, rotate, revoke, credentials
    Text("Make a point, a driver or an operator known by a secret.", "登记一个充电桩、用户或运营人员，并生成密钥。"),
    Text("Give somebody a new secret; the old one counts for a while too.", "更换密钥；旧密钥在一段时间内仍可使用。"),
    Text("Take somebody's secret away; its links end within seconds.", "撤销密钥；相关连接会在数秒内断开。"),
    Text("Show who is enrolled or was; never a secret.", "列出已登记和已撤销的标识；绝不显示密钥。"),
    Text("point, driver or admin", "point、driver 或 admin"),
    Text("cp_id, driver_id or admin_id", "cp_id、driver_id 或 admin_id"),
    Text(
        "cp_id, driver_id or admin_id; several, and ROLE:ID, only with --dir",
        "cp_id、driver_id 或 admin_id；多个或 ROLE:ID 须用 --dir",
    ),
    Text("put the secret into this new file", "把密钥写入这个新文件"),
    Text("take the secret from this file; make none", "使用此文件中的密钥，不再生成"),
    Text(
        "put it into DIR/ROLE-ID.secret, or take the one that is there already",
        "写入 DIR/ROLE-ID.secret；若该文件已存在则使用其中的密钥",
    ),
    Text(
        "the old one counts for so long too: 30m, 12h, 1d; 0 ends it now",
        "旧密钥还可使用多久：30m、12h、1d；0 表示立即失效",
    ),
    Text("only these: point, driver or admin", "只列出这些：point、driver 或 admin"),
    Text(
        "work on the credentials in Central's database itself, as a SQLAlchemy address: where no Central runs yet",
        "直接操作中央系统数据库中的登记信息（SQLAlchemy 地址）：用于中央系统尚未运行时",
    ),
    Text("Show Central's figures.", "显示中央系统的运行数据。"),
    Text("Open the full-screen console.", "打开全屏控制台。"),
    Text("Show charging points.", "列出充电桩。"),
    Text("Show what happened, newest first.", "列出发生的事件，最新的在前。"),
    Text("Write all sessions or events, newest first, to a file.", "把全部充电会话或事件写入文件，最新的在前。"),
    Text("FILE.csv or FILE.json; - for standard output", "FILE.csv 或 FILE.json；- 表示标准输出"),
    Text("sessions or events", "sessions（充电会话）或 events（事件）"),
    Text("overwrite the file if it is there", "文件已存在时覆盖"),
    Text("whatever the file's ending", "不看文件扩展名，指定格式"),
    Text(
        "only these, such as claimed or completed; may be repeated",
        "只列出这些种类，例如 claimed 或 completed；可多次给出",
    ),
    Text(
        "only these: ACTIVE, CHARGING, FAULTY, STOPPED, DISCONNECTED; may be repeated",
        "只列出这些状态：ACTIVE、CHARGING、FAULTY、STOPPED、DISCONNECTED；可多次给出",
    ),
    Text(
        "only these: CLAIMED, CHARGING, FINISHED, REFUSED; may be repeated",
        "只列出这些状态：CLAIMED、CHARGING、FINISHED、REFUSED；可多次给出",
    ),
    Text("only those at this charging point", "只列出这个充电桩的"),
    Text("only those of this driver", "只列出这个用户的"),
    Text("only those of this session", "只列出这个充电会话的"),
    Text("only where id, name or address have this", "只列出标识、名称或地址中含有此文字的"),
    Text(
        "order: cp_id, name, status, price, power, energy, cost, seen",
        "排序方式：cp_id、name、status、price、power、energy、cost、seen",
    ),
    Text("the other way round", "倒序"),
)

DATABASE = (
    Text(
        "Look after Central's database: its schema, its size, and how long it keeps things.",
        "维护中央系统的数据库：结构、大小以及数据保留时间。",
    ),
    Text("Show the schema, the tables and how much is in them.", "显示数据库结构版本、各表及其数据量。"),
    Text("one JSON object instead of lines", "输出一个 JSON 对象，而不是多行文字"),
    Text(
        "Bring the schema up to date, as Central does at its start.",
        "把数据库结构升级到最新，与中央系统启动时所做的相同。",
    ),
    Text(
        "Take the schema back for an older program; stop every Central first.",
        "把数据库结构退回给旧版本程序使用；请先停止所有中央系统。",
    ),
    Text("such as 0001, or base for nothing at all", "例如 0001；base 表示全部撤销"),
    Text(
        "Let go now what is older than --keep-readings-days and --keep-events-days; Central does it each hour.",
        "立即清理早于 --keep-readings-days 和 --keep-events-days 的数据；中央系统每小时也会清理。",
    ),
    Text("only say what would go", "只说明将清理什么"),
)

SETTINGS = (
    # every program
    Text("human lines, JSON lines, or auto: human on a terminal", "human 文字行、json 行，或 auto：在终端上用文字行"),
    Text("least important level that is logged", "记录的最低日志级别"),
    Text(
        "language for people: en, zh (Simplified Chinese), or auto: that of the locale",
        "界面语言：en、zh（简体中文），或 auto：随系统区域设置",
    ),
    Text("longest frame on TCP", "TCP 上单帧的最大字节数"),
    Text(
        "serve /metrics, /healthz and /readyz at HOST:PORT; port 0 takes a free one and says which",
        "在 HOST:PORT 提供 /metrics、/healthz 和 /readyz；端口 0 表示任选空闲端口并告知",
    ),
    Text(
        "serve the pages only to who sends the token in this file (Authorization: Bearer TOKEN)",
        "仅向发送此文件中令牌的客户端提供这些页面（Authorization: Bearer TOKEN）",
    ),
    Text(
        "listen beyond loopback even where TLS or authentication is missing, with a warning",
        "即使没有 TLS 或身份验证，也在回环地址之外监听，并给出警告",
    ),
    Text(
        "send traces to this OTLP/HTTP collector, for example http://127.0.0.1:4318 (needs the extra tracing)",
        "把链路追踪数据发送到这个 OTLP/HTTP 收集器，例如 http://127.0.0.1:4318（需要安装 tracing 附加组件）",
    ),
    # Kafka
    Text("Kafka as HOST:PORT, or several brokers with commas between", "Kafka 的 HOST:PORT；多个服务器用逗号隔开"),
    Text(
        "what every topic and consumer group begins with: several networks can share one Kafka",
        "所有主题和消费者组名称的前缀：多个网络可共用一个 Kafka",
    ),
    Text(
        "option of librdkafka as NAME=VALUE; may be given again (in the environment, a line for each)",
        "librdkafka 的选项，写成 NAME=VALUE；可多次给出（在环境变量中每行一个）",
    ),
    Text(
        "file of such options, for passwords: NAME=VALUE lines, # begins a comment",
        "存放这类选项的文件，用于密码：每行 NAME=VALUE，# 之后是注释",
    ),
    Text("how long the broker may hold a fetch that finds nothing", "没有新数据时，服务器最多可把读取请求保留多少毫秒"),
    Text(
        "how long the broker may hold a fetch that finds nothing; 1000 in listen and 250 in the app if not told",
        "没有新数据时，服务器最多可把读取请求保留多少毫秒；未指定时 listen 命令为 1000，应用为 250",
    ),
    # who connects to Central
    Text("Central as HOST:PORT", "中央系统的 HOST:PORT"),
    Text("file with the secret to prove oneself with, when asked to", "存放密钥的文件，在要求验证身份时使用"),
    # ev-up
    Text(
        "everybody proves who it is, with secrets made in the data directory",
        "所有程序都须验证身份，密钥在数据目录中生成",
    ),
    Text(
        "charging points to start, each a Monitor and an Engine",
        "要启动的充电桩数量，每个包含一个 Monitor 和一个 Engine",
    ),
    Text("where database, journals, logs and ready.json go", "存放数据库、账本、日志和 ready.json 的目录"),
    Text(
        "Central's database as a URL; without it, SQLite in the data directory",
        "中央系统数据库的 URL；不给出时使用数据目录中的 SQLite",
    ),
    Text(
        "join the network of this Central elsewhere, instead of starting one (needs --kafka)",
        "加入别处的这个中央系统，而不在本机启动（需要 --kafka）",
    ),
    Text("port that Central listens on; 0 takes a free one", "中央系统监听的端口；0 表示任选空闲端口"),
    Text("port of the embedded broker; 0 takes a free one", "内置 Kafka 服务器的端口；0 表示任选空闲端口"),
    Text("address that Central and the embedded broker listen on", "中央系统和内置 Kafka 服务器监听的地址"),
    Text(
        "name by which other machines reach this one; without it, --host",
        "其他机器访问本机所用的名称；不给出时用 --host",
    ),
    Text("what the ids of the points begin with", "充电桩标识的前缀"),
    Text("number of the first point", "第一个充电桩的编号"),
    Text(
        "simulated seconds a second; without it 1, or 600 with --once",
        "每秒模拟多少秒；不给出时为 1，使用 --once 时为 600",
    ),
    Text("price of one kWh", "每 kWh 的电价"),
    Text("power of each point in kW", "每个充电桩的功率（kW）"),
    Text("start a driver that listens", "启动一个监听消息的用户程序"),
    Text("who drives", "用户标识"),
    Text("on a terminal, open the operator's console", "在终端上打开运营控制台"),
    Text("on a terminal, open the console", "在终端上打开控制台"),
    Text(
        "charge 1 kWh at the first point, print its ticket as JSON, stop all",
        "在第一个充电桩充 1 kWh，以 JSON 输出账单，然后全部停止",
    ),
    # ev-central and ev-database
    Text(
        "SQLAlchemy address; by default central.db in the data directory",
        "SQLAlchemy 地址；默认是数据目录中的 central.db",
    ),
    Text(
        "file with the password for PostgreSQL, which then need not stand in the address",
        "存放 PostgreSQL 密码的文件，地址中就不必再写密码",
    ),
    Text("directory for the SQLite file", "SQLite 文件所在的目录"),
    Text(
        "whole days that readings are kept; 0 for ever. Sessions and bills stay",
        "读数保留的整天数；0 表示永久。会话和账单始终保留",
    ),
    Text(
        "days that the events of ev-admin trace are kept; 0 for ever", "ev-admin trace 所用事件保留的天数；0 表示永久"
    ),
    Text("address to listen on; 0.0.0.0 for every one", "监听的地址；0.0.0.0 表示所有地址"),
    Text("port to listen on; 0 takes a free one", "监听的端口；0 表示任选空闲端口"),
    Text(
        "name of this Central among several; by default this machine's name and the port",
        "有多个中央系统时本系统的名称；默认是本机名加端口",
    ),
    Text("price a kWh of a point that brings none", "充电桩未自带电价时每 kWh 的电价"),
    Text("partitions of topics that Central creates", "中央系统创建的主题的分区数"),
    Text("replicas of topics that Central creates", "中央系统创建的主题的副本数"),
    Text("seconds between heartbeats asked of Monitors", "要求 Monitor 发送心跳的间隔秒数"),
    Text("seconds without one until a point is lost", "多少秒没有心跳即视为充电桩失联"),
    Text(
        "whether points, drivers and admins must prove who they are (see ev-admin enroll)",
        "充电桩、用户和运营人员是否必须验证身份（见 ev-admin enroll）",
    ),
    Text(
        "file with the key of the secrets in the database, the same for all its Centrals; by default secrets.key in the data "
        "directory, made at the first start (or EV_SECRETS_KEY has the key itself)",
        "加密数据库中密钥的主密钥文件，同一数据库的所有中央系统必须相同；默认为数据目录中的 secrets.key，首次启动时生成"
        "（也可由 EV_SECRETS_KEY 直接给出）",
    ),
    # ev-monitor
    Text("id of the charging point", "充电桩的标识"),
    Text("Engine as HOST:PORT", "Engine 的 HOST:PORT"),
    Text("the most power that the point gives", "充电桩的最大输出功率"),
    Text("price of one kWh when the point registers for the first time", "充电桩首次注册时每 kWh 的电价"),
    Text("name of the point for people", "供人阅读的充电桩名称"),
    Text("points of one place share it", "同一站点的充电桩共用此标识"),
    Text("points of one piece of equipment share it", "同一台设备的充电桩共用此标识"),
    Text("which connector of the equipment this is", "这是设备的第几个充电枪"),
    Text("kind of plug, for example CCS2", "充电接口类型，例如 CCS2"),
    Text("where the point stands", "充电桩所在的地址"),
    Text("degrees north", "纬度（北纬为正）"),
    Text("degrees east", "经度（东经为正）"),
    Text("who made the equipment", "设备制造商"),
    Text("which model it is", "设备型号"),
    Text("what it runs", "固件版本"),
    Text("seconds between heartbeats, unless Central says otherwise", "心跳间隔秒数，以中央系统的要求为准"),
    Text("seconds between health checks of Engine", "检查 Engine 健康状况的间隔秒数"),
    Text("seconds of silence after which a peer is gone", "多少秒没有消息即视为对方已断开"),
    Text("seconds that a peer has to answer the greeting", "等待对方应答问候的秒数"),
    Text("seconds between two lines of progress", "两行进度之间的秒数"),
    # ev-engine
    Text("address to listen on", "监听的地址"),
    Text("port to listen on for Monitor; 0 takes a free one", "等待 Monitor 连接的端口；0 表示任选空闲端口"),
    Text("folder for the journal", "存放账本的目录"),
    Text(
        "file of the journal; without it engine-PORT.journal in the data dir",
        "账本文件；不给出时为数据目录中的 engine-PORT.journal",
    ),
    Text("simulated seconds in each real one", "每个真实秒模拟多少秒"),
    Text("size of the car's battery", "汽车电池的容量"),
    Text("percentage of it that is charged when the car arrives", "汽车到达时电池的电量百分比"),
    Text("the most power that the car takes", "汽车的最大充电功率"),
    Text("whether a car is plugged in from the start", "启动时是否已插枪"),
    Text("how long a start waits for a plug", "启动充电后等待插枪的时长"),
    # ev-driver and ev-admin
    Text("who asks", "请求者的标识"),
    Text("who asks; matters with --secret-file", "请求者的标识；与 --secret-file 一起使用时才有意义"),
    Text(
        "how requests go: the socket while it is up else Kafka, or one only",
        "请求的发送方式：连接可用时走套接字，否则走 Kafka；或只用其中一种",
    ),
    Text("every event as one JSON line on standard output", "把每个事件作为一行 JSON 写到标准输出"),
    Text("the answer's data as one JSON line on standard output", "把应答的数据作为一行 JSON 写到标准输出"),
)

ACCESS = (
    Text("Make a private CA and certificates for trials.", "生成供试用的私有 CA 和证书。"),
    Text("where they go; what is there already stays", "存放目录；已有的文件保持不变"),
    Text("name or address of a machine that listens; again for each", "监听主机的名称或地址；可多次给出"),
    Text("point whose Monitor shows a certificate; again for each", "其 Monitor 需出示证书的充电桩；可多次给出"),
    Text(
        "TLS on every link, with a CA made in the data directory at the first start",
        "所有连接使用 TLS，首次启动时在数据目录中生成 CA",
    ),
    Text("certificate (PEM) of the port; turns TLS on for it", "端口的证书（PEM）；给出后该端口启用 TLS"),
    Text("certificate (PEM) of the pages; turns HTTPS on for them", "监控页面的证书（PEM）；给出后页面启用 HTTPS"),
    Text("certificate (PEM) to show where one is asked for", "对方要求时出示的证书（PEM）"),
    Text("its key (PEM), where it is not in the same file", "证书的私钥（PEM），与证书在同一文件时可省略"),
    Text(
        "take only clients with a certificate of this CA (PEM), each point under its own",
        "只接受持有此 CA（PEM）所签证书的客户端，每个充电桩使用各自的证书",
    ),
    Text(
        "serve the pages only to clients with a certificate of this CA (PEM)",
        "只向持有此 CA（PEM）所签证书的客户端提供页面",
    ),
    Text(
        "connect to Central with TLS, and trust what this CA (PEM) made; the host name must be right",
        "用 TLS 连接中央系统，信任此 CA（PEM）签发的证书；主机名必须相符",
    ),
    Text(
        "connect to Engine with TLS, and trust what this CA (PEM) made; the host name must be right",
        "用 TLS 连接 Engine，信任此 CA（PEM）签发的证书；主机名必须相符",
    ),
    Text("connections that may be open at once", "最多同时打开的连接数"),
    Text(
        "of these, from one address; behind a proxy all come from its own",
        "其中来自同一地址的最多连接数；经过代理时，所有连接都来自代理的地址",
    ),
    Text("messages a second that a link may bring", "一条连接每秒最多可发送的消息数"),
    Text("and so many more for each point that is registered on it", "在其上注册的每个充电桩另加的消息数"),
    Text(
        "requests a second that a driver may send, over whichever way", "每个用户每秒可发送的请求数，不论经由哪种途径"
    ),
    Text(
        "whether drivers are told of their readings over Kafka; answers and tickets always come",
        "是否通过 Kafka 向用户发送每次计量读数；应答和账单始终发送",
    ),
    Text(
        "new charges are put off while a request would wait longer than this",
        "请求的等待时间超过此秒数时，暂缓受理新的充电请求",
    ),
    Text(
        "simulated seconds a second of the fastest Engine: more energy than that allows is not believed",
        "最快的 Engine 每秒模拟多少秒；超出其可能的电量不予采信",
    ),
)

HELP = (*PROGRAMS, *FLEET, *FLEET_DRIVERS, *DRIVER, *ADMIN, *DATABASE, *SETTINGS, *ACCESS)
