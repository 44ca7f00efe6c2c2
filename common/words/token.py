"""Words for the token of the pages."""

from common.words import Text
from common.words.tls import KEPT_THE_OLD, READ_AGAIN

__all__ = ["KEPT_THE_OLD", "NO_TOKEN", "READ_AGAIN"]

NO_TOKEN = Text(
    "{path} holds no token: it must be one word of {least} or more of the characters A-Z a-z 0-9 . _ ~ + / -.",
    "{path} 中没有令牌：必须是一个至少 {least} 个字符的词，只能用 A-Z a-z 0-9 . _ ~ + / -。",
)
