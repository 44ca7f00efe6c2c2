"""
Words of the programs that set things up: `python3 -m deploy`, and the Kafka, PostgreSQL and kustomize of our own.

Standard library only, as they are: this is read before anything is installed.
"""

from common.words import Text, retold
from common.words.system import SYSTEM

# -- python3 -m deploy

HELP = Text(
    """\
usage: python3 -m deploy COMMAND [ARGUMENTS]

  up [ARGUMENTS]    start the whole network on this machine; the arguments go to ev-up (try: up --help)
  test [ARGUMENTS]  run the tests; the arguments go to pytest
  faults [ARGUMENTS]
                    a network of real programs under faults, and the audit of what it left (try: faults --help)
  fuzz [ARGUMENTS]  any bytes into the places where bytes arrive (try: fuzz --help)
  simulate [ARGUMENTS]
                    the same programs in one thread, on virtual time, for many seeds (try: simulate --help)
  bench [NAME...] [ARGUMENTS]
                    how fast it is: figures a core-second, and a JSON to compare with (try: bench --help)
  check             ruff, mypy and import-linter: all of them, then say which failed
  help              show this

The first run makes .venv and installs the project there; pip's own settings say from which package index.
""",
    """\
用法：python3 -m deploy 命令 [参数]

  up [参数]    在本机启动整个网络；参数传给 ev-up（可试：up --help）
  test [参数]  运行测试；参数传给 pytest
  faults [参数]
               让由真实程序组成的网络经受故障，并审计其留下的结果（可试：faults --help）
  fuzz [参数]  向所有接收字节的入口输入任意字节（可试：fuzz --help）
  simulate [参数]
               让同样的程序在单个线程里按虚拟时间运行许多种子（可试：simulate --help）
  bench [名称...] [参数]
               测量性能：以每核秒为单位的数据，以及可供比较的 JSON（可试：bench --help）
  check        依次运行 ruff、mypy 和 import-linter，然后说明哪些没有通过
  help         显示此帮助

首次运行会创建 .venv 并把项目安装在其中；从哪个软件包索引安装由 pip 自己的配置决定。
""",
)
NO_COMMAND = Text("there is no command {told!r}.", "没有命令 {told!r}。")
FAILED = Text("failed: {names}", "未通过：{names}")
ALL_PASSED = Text("all {n} checks passed", "{n} 项检查全部通过")
WAITING = Text("another run is installing; waiting for it", "另一个进程正在安装，等待它完成")
MAKING = Text("making {place} with Python {version}", "正在用 Python {version} 创建 {place}")
NO_VENV = Text(
    "This Python cannot make a virtual environment (on Debian and Ubuntu, install the package python3-venv). "
    "It said:\n{said}",
    "这个 Python 无法创建虚拟环境（在 Debian 和 Ubuntu 上请安装软件包 python3-venv）。它的输出：\n{said}",
)
INSTALLING = Text(
    "installing the project into .venv; the first time takes a minute or two",
    "正在把项目安装到 .venv；首次需要一两分钟",
)
INSTALLING_TOOLS = Text(
    "installing the project and its tools into .venv; the first time takes a minute or two",
    "正在把项目及其开发工具安装到 .venv；首次需要一两分钟",
)
NOT_INSTALLED = Text(
    "pip could not install the project; is a package index in reach? It said:\n{said}",
    "pip 未能安装项目；软件包索引是否可达？它的输出：\n{said}",
)
INSTALLED = Text("installed", "安装完成")
INTERRUPTED = Text("interrupted", "已中断")
SET_UP_FAILED = Text("the set-up failed: {why}.", "安装失败：{why}。")
NOT_NAMED = Text(
    "This installation does not name the programs' settings; install it again: python3 -m deploy check.",
    "此安装未登记各程序的设置；请重新安装：python3 -m deploy check。",
)

# -- python3 -m deploy.kafka

KAFKA = Text(
    "Apache Kafka on this machine, without Docker: needs Java 17 or newer, and Maven to fetch it once.",
    "不用 Docker，在本机运行 Apache Kafka：需要 Java 17 或更新版本，首次下载需要 Maven。",
)
KAFKA_FETCH = Text("get the broker from Maven Central; 43 MB, once", "从 Maven Central 下载 Kafka；43 MB，只需一次")
KAFKA_RUN = Text(
    "fetch it where needed, start one node, and stop it with Ctrl-C", "需要时先下载，然后启动一个节点，按 Ctrl-C 停止"
)
KAFKA_ADDRESS = Text(
    "where it listens (default: 127.0.0.1:9092); port 0 takes a free one",
    "监听的地址（默认：127.0.0.1:9092）；端口 0 表示任选空闲端口",
)
KAFKA_DATA_DIR = Text("where it keeps data and log (default: %(default)s)", "存放数据和日志的目录（默认：%(default)s）")
KAFKA_ADVERTISE = Text("name by which clients reach it; without it, HOST", "客户端访问它所用的名称；不给出时用 HOST")
INSECURE = Text(
    "listen beyond loopback even where TLS or authentication is missing, with a warning",
    "即使没有 TLS 或身份验证，也在回环地址之外监听，并给出警告",
)
KAFKA_PROPERTY = Text(
    "a setting of the broker over ours, or listeners beside ours; may be given again",
    "覆盖默认值的 Kafka 设置，或额外的监听器；可多次给出",
)
KAFKA_IS_IN = Text("Apache Kafka is in {folder}.", "Apache Kafka 位于 {folder}。")
KAFKA_ANSWERS = Text(
    "Apache Kafka answers at {address}; its log is {log}. Ctrl-C stops it.",
    "Apache Kafka 已在 {address} 提供服务；日志是 {log}。按 Ctrl-C 停止。",
)
KAFKA_ENDED = Text(
    "Apache Kafka ended by itself with exit status {status}. Its log: {log}",
    "Apache Kafka 自行结束，退出状态 {status}。日志：{log}",
)
IT_FAILED = Text("it failed: {why}.", "失败：{why}。")
MUST_BE_ADDRESS = Text(
    "{told!r} must be HOST:PORT, for example 127.0.0.1:9092", "{told!r} 必须写成 HOST:PORT，例如 127.0.0.1:9092"
)
MUST_BE_PAIR = Text("{told!r} must be NAME=VALUE", "{told!r} 必须写成 NAME=VALUE")
NO_MAVEN = Text(
    "There is no Maven (mvn) to fetch Apache Kafka with; on Debian and Ubuntu, install the package maven.",
    "没有可用来下载 Apache Kafka 的 Maven（mvn）；在 Debian 和 Ubuntu 上请安装软件包 maven。",
)
CANNOT_WRITE = Text("Cannot write {path}: {why}.", "无法写入 {path}：{why}。")
NOT_FETCHED = Text(
    "Apache Kafka could not be fetched: {why}. Maven said: {said}", "未能下载 Apache Kafka：{why}。Maven 的输出：{said}"
)
MAVEN_UNREACHABLE = Text("Maven Central is not in reach", "无法访问 Maven Central")
MAVEN_LACKS_IT = Text("Maven Central is not in reach, or does not have it", "无法访问 Maven Central，或其中没有它")
MAVEN_FAILED = Text("Maven failed", "Maven 出错")
NO_JAVA_IN = Text(
    "There is no Java in {home} (JAVA_HOME names it); Apache Kafka needs Java {oldest} or newer.",
    "{home}（由 JAVA_HOME 指定）中没有 Java；Apache Kafka 需要 Java {oldest} 或更新版本。",
)
NO_JAVA = Text(
    "There is no Java on the PATH; Apache Kafka needs Java {oldest} or newer.",
    "PATH 中没有 Java；Apache Kafka 需要 Java {oldest} 或更新版本。",
)
OLD_JAVA = Text(
    "Apache Kafka needs Java {oldest} or newer; {java} is too old ({version}).",
    "Apache Kafka 需要 Java {oldest} 或更新版本；{java} 版本太旧（{version}）。",
)
NO_VERSION = Text("it does not say its version", "它没有给出版本")
CANNOT_USE_DATA_DIR = Text(
    "Cannot use {path} as data directory: {why}. Choose another with --data-dir.",
    "无法把 {path} 用作数据目录：{why}。请用 --data-dir 换一个目录。",
)
DATA_DIR_IN_USE = Text(
    "{path} is in use by another Kafka. Stop that one, or choose another with --data-dir.",
    "{path} 正被另一个 Kafka 使用。请停止它，或用 --data-dir 换一个目录。",
)
TAKEN = Text(
    "{address} is taken; stop what listens there, or choose another port.",
    "{address} 已被占用；请停止占用它的程序，或换一个端口。",
)
KAFKA_NOT_STARTED = Text("Apache Kafka does not start: {why} Its log: {log}", "Apache Kafka 无法启动：{why}日志：{log}")
OTHER_CLUSTER = Text(
    "{path} holds the data of another Kafka cluster. Choose another with --data-dir.",
    "{path} 中是另一个 Kafka 集群的数据。请用 --data-dir 换一个目录。",
)
STORAGE_KILLED = Text(
    "Making the storage of Apache Kafka was ended by signal {n}; try again.",
    "创建 Apache Kafka 的存储时被信号 {n} 终止；请重试。",
)
NO_STORAGE = Text(
    "Apache Kafka cannot make its storage: {why} Its log: {log}", "Apache Kafka 无法创建存储：{why}日志：{log}"
)
KAFKA_TOO_SLOW = Text(
    "Apache Kafka did not start within {seconds:.0f} s. Its log: {log}",
    "Apache Kafka 未能在 {seconds:.0f} 秒内启动。日志：{log}",
)
SAID_NOTHING = Text("it said nothing", "它没有给出任何信息")
CANNOT_LISTEN = Text(
    "Cannot listen on {host}: {why}. Give an address of this machine.", "无法监听 {host}：{why}。请给出本机的地址。"
)

# -- python3 -m deploy.postgres

POSTGRES = Text(
    "Run a PostgreSQL server from the distribution's packages, until SIGTERM or Ctrl-C. "
    "Prints its address, as --database takes it, when it answers.",
    "用发行版软件包运行一个 PostgreSQL 服务器，直到 SIGTERM 或 Ctrl-C。就绪后输出可用于 --database 的地址。",
)
POSTGRES_ADDRESS = Text("by default a free port", "默认使用空闲端口")
POSTGRES_DATA_DIR = Text(
    "keep the data here, synced to the disk; without it they are thrown away at the end",
    "把数据保存在这里并同步到磁盘；不给出时结束后丢弃",
)
NO_ADDRESS = Text("{told!r} is no HOST:PORT", "{told!r} 不是 HOST:PORT")
POSTGRES_ENDED = Text("The server ended by itself.", "服务器自行结束。")
POSTGRES_NOT_STARTED = Text(
    "PostgreSQL does not start on {address}: {why}", "PostgreSQL 无法在 {address} 上启动：{why}"
)
INITDB_FAILED = Text("initdb failed: {why}.", "initdb 失败：{why}。")
RUNS_AS = Text(
    "The server runs as {user}, who must be able to go there.", "服务器以 {user} 身份运行，该用户必须能访问那里。"
)
ITS_LOG = Text("(Its log: {log})", "（日志：{log}）")
NO_POSTGRES = Text("There is no PostgreSQL server on this machine.", "本机没有 PostgreSQL 服务器。")
NO_ACCOUNT = Text(
    "PostgreSQL must not run as root, and there is no user {user}.",
    "PostgreSQL 不能以 root 运行，而用户 {user} 不存在。",
)
INSTALL_POSTGRES = Text(
    "On Debian and Ubuntu: apt-get install postgresql.", "在 Debian 和 Ubuntu 上：apt-get install postgresql。"
)
CANNOT_USE_FOR_DATA = Text(
    "Cannot use {path} for the data: {why}. Choose another --data-dir.",
    "无法把数据放在 {path}：{why}。请换一个 --data-dir。",
)
CANNOT_LISTEN_PLAINLY = Text("Cannot listen on {host}: {why}.", "无法监听 {host}：{why}。")

# -- python3 -m deploy.kustomize

BUILDING = Text(
    "building kustomize {version} from its Go module; this takes a minute or two",
    "正在用 Go 模块构建 kustomize {version}；需要一两分钟",
)
NO_KUSTOMIZE = Text(
    "there is no kustomize: {why}. Install kustomize 5 or a kubectl that has it, or let a Go module proxy be reached.",
    "没有可用的 kustomize：{why}。请安装 kustomize 5 或自带它的 kubectl，或让 Go 模块代理可以访问。",
)
NOT_IN_TIME = Text("{program} did not end within {seconds:.0f} s.", "{program} 未能在 {seconds:.0f} 秒内结束。")
CANNOT_RUN = Text("Cannot run {program}: {why}.", "无法运行 {program}：{why}。")
PROGRAM_FAILED = Text("{program} failed: {why}", "{program} 失败：{why}")
NO_REASON = Text("it gave no reason", "它没有说明原因")

# -- what argparse says

HEADING = Text("{name}:", "{name}：")
PARSER = (
    Text("usage: ", "用法："),
    Text("positional arguments", "参数"),
    Text("options", "选项"),
    Text("show this help message and exit", "显示此帮助后退出"),
    Text("the following arguments are required: {names}", "缺少参数：{names}"),
    Text("unrecognized arguments: {names}", "无法识别的参数：{names}"),
    Text(
        "argument {name}: invalid choice: {told} (choose from {choices})",
        "参数 {name} 的值无效：{told}（可选：{choices}）",
    ),
    Text("argument {name}: expected one argument", "参数 {name} 需要一个值"),
    Text("argument {name}: {why}", "参数 {name}：{why}"),
    Text("{program}: error: {why}\n", "{program}：错误：{why}\n"),
)


def parsed(told: str) -> str:
    """What argparse says, in the language spoken."""
    return retold(told, (*PARSER, *SYSTEM))
