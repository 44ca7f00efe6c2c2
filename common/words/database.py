"""Words for Central's database: why it cannot be used, and what `ev-database` says."""

from common.words import Text

MUST_BE_DATABASE = Text(
    "--database must be an address such as sqlite:///central.db or postgresql://…/ev.",
    "--database 必须是地址，例如 sqlite:///central.db 或 postgresql://…/ev。",
)
NOT_SUPPORTED = Text(
    "--database: {backend} is not supported; use sqlite or postgresql.",
    "--database：不支持 {backend}，请使用 sqlite 或 postgresql。",
)
CANNOT_USE = Text("Cannot use the database {database}: {why}. {hint}", "无法使用数据库 {database}：{why}。{hint}")
CANNOT_USE_NOW = Text("Cannot use the database now. {why}", "暂时无法使用数据库。{why}")
CHECK_FILE = Text("Check --database and that it can be written.", "请检查 --database，并确认该文件可写。")
CHECK_SERVER = Text(
    "Check --database, that the server runs, and what it lets this user do.",
    "请检查 --database、服务器是否在运行，以及该用户的权限。",
)
TOO_NEW = Text(
    "The database {database} was made by a newer version (schema {present}, this program knows {newest}): "
    "upgrade the program, or give it another --database.",
    "数据库 {database} 由更新的版本创建（结构版本 {present}，本程序只认识到 {newest}）：请升级程序，或用 --database 换一个数据库。",
)
ONE_CENTRAL = Text(
    "Another Central uses {database}, and SQLite serves only one; "
    "several Centrals share PostgreSQL (--database postgresql://…).",
    "另一个中央系统正在使用 {database}，而 SQLite 只能服务一个；多个中央系统请共用 PostgreSQL（--database postgresql://…）。",
)
CANNOT_WRITE = Text(
    "Cannot write {path}: {why}. Choose another place with --data-dir.",
    "无法写入 {path}：{why}。请用 --data-dir 换一个位置。",
)
NO_PASSWORD_IN_SQLITE = Text(
    "--database-password-file is for PostgreSQL; SQLite has no password.",
    "--database-password-file 只用于 PostgreSQL；SQLite 没有密码。",
)
TWO_PASSWORDS = Text(
    "--database has a password already; leave it out beside --database-password-file.",
    "--database 中已有密码；使用 --database-password-file 时请把它去掉。",
)
EMPTY_PASSWORD = Text("{path} is empty; write the password into it.", "{path} 是空文件，请把密码写入其中。")

# -- ev-database

NO_DATABASE = Text(
    "There is no database {file}; Central makes it at its first start, or: ev-database upgrade.",
    "数据库 {file} 不存在；中央系统首次启动时会创建它，也可以运行：ev-database upgrade。",
)
NO_TABLES = Text(
    "The database has no tables yet; Central makes them at its first start, or: ev-database upgrade.",
    "数据库中还没有表；中央系统首次启动时会创建它们，也可以运行：ev-database upgrade。",
)
NOT_NEWEST = Text(
    "The schema is at {present} and this program knows {newest}; first: ev-database upgrade.",
    "数据库结构版本是 {present}，本程序需要 {newest}；请先运行：ev-database upgrade。",
)
NO_SUCH_REVISION = Text(
    "REVISION must be base, or from 0001 to {present}, where the schema is (it is {told!r}).",
    "REVISION 必须是 base，或从 0001 到当前版本 {present}（现在是 {told!r}）。",
)
NOTHING_TO_GO = Text(
    "Nothing is to go: say --keep-readings-days or --keep-events-days.",
    "没有要清理的内容：请给出 --keep-readings-days 或 --keep-events-days。",
)
SCHEMA_AT = Text("The schema is at {revision}.", "数据库结构版本：{revision}。")
GONE = Text("{table}: {rows} gone", "{table}：已清理 {rows}")
WOULD_GO = Text("{table}: {rows} would go", "{table}：将清理 {rows}")
DATABASE = Text("{database}, {size}", "{database}，{size}")
SCHEMA_OLD = Text(
    "schema {present}; this program knows {newest}: ev-database upgrade",
    "结构版本 {present}；本程序需要 {newest}：ev-database upgrade",
)
SCHEMA_NEWEST = Text("schema {present}, up to date", "结构版本 {present}，已是最新")
OLDEST_READING = Text("oldest reading: {when}", "最早的读数：{when}")
NO_READING = Text("none", "无")
ROOM = Text("readings have room from {first} to {last}: {count} days", "读数分区：从 {first} 到 {last}，共 {count} 天")
ROWS = Text("{n} rows", "{n} 行")
ABOUT_ROWS = Text("about {n} rows", "约 {n} 行")
ROWS_AND_SIZE = Text("{rows}, {size}", "{rows}，{size}")
BYTES = Text("{n} bytes", "{n} 字节")
