"""Words that every full-screen console shares."""

from common.words import Text

PICTURE_SAVED = Text("Picture saved: {place}", "截图已保存：{place}")
NO_PICTURE = Text("The picture cannot be saved: {why}.", "无法保存截图：{why}。")
