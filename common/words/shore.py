"""Words for what stands open beyond loopback. Standard library only: deploy.kafka and deploy.postgres say them too."""

from common.words import Text

REFUSED = Text(
    "{what} would listen on {host}, beyond loopback, without {lacks}. {do}, or say --insecure to listen all the same.",
    "{what}将在回环地址之外的 {host} 上监听，但没有{lacks}。{do}；若仍要监听，请加上 --insecure。",
)
ALLOWED = Text(
    "{what} listens on {host}, beyond loopback, without {lacks}; --insecure allows it.",
    "{what}在回环地址之外的 {host} 上监听，但没有{lacks}；已由 --insecure 允许。",
)
TLS = Text("TLS", " TLS")
AUTHENTICATION = Text("authentication", "身份验证")
AND = Text(" and ", " 和")

# What to do about it

AND_OPTION = Text(" and ", " 和 ")
GIVE = Text("Give {options}", "请给出 {options}")
STAY = Text("Let it listen on 127.0.0.1", "请让它在 127.0.0.1 上监听")
BRING = Text("Bring a Kafka that has both (--kafka)", "请指定一个两者兼备的 Kafka（--kafka）")
OTHER_LISTENER = Text(
    "Let it listen on 127.0.0.1, and give others a listener with both (--property listeners=SASL_SSL://HOST:PORT ...)",
    "请让它在 127.0.0.1 上监听，并为其他机器另设两者兼备的监听器（--property listeners=SASL_SSL://HOST:PORT ……）",
)
TOKEN_OR_CA = Text(
    "--metrics-token-file (or --metrics-tls-client-ca)", "--metrics-token-file（或 --metrics-tls-client-ca）"
)

# Who listens

CENTRAL = Text("Central", "中央系统")
ENGINE = Text("The Engine", "Engine ")
PAGES = Text("The pages of --metrics", "--metrics 的页面")
BROKER = Text("The embedded broker", "内置的 Kafka 服务器")
KAFKA = Text("Kafka", "Kafka ")
POSTGRES = Text("PostgreSQL", "PostgreSQL ")
