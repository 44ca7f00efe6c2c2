"""Words that every full-screen console shares."""

from common.words import Text

PICTURE_SAVED = Text("Picture saved: {place}", "截图已保存：{place}")
NO_PICTURE = Text("The picture cannot be saved: {why}.", "无法保存截图：{why}。")
NO_PICTURE_OF_SECRETS = Text("No picture is made of a secret.", "不会为密钥保存截图。")
CONSOLE_KILLED = Text(
    "The console was killed by signal {number}; everything else goes on. Ctrl-C stops it.",
    "控制台被信号 {number} 终止；其余程序继续运行。按 Ctrl-C 停止。",
)
CONSOLE_ENDED = Text(
    "The console ended with exit status {status}; everything else goes on. Ctrl-C stops it.",
    "控制台已退出（状态码 {status}）；其余程序继续运行。按 Ctrl-C 停止。",
)
