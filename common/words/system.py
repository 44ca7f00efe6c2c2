"""Words of others that we repeat: why the operating system or pydantic did not do something, and what events say of links."""

from common.words import Text, retold
from common.words.net import CANNOT_CONNECT, LINK_ENDED, NO_ANSWER

SYSTEM = (
    NO_ANSWER,
    Text("Address already in use", "地址已被占用"),
    Text("Cannot assign requested address", "本机没有这个地址"),
    Text("Connection refused", "连接被拒绝"),
    Text("Connection reset by peer", "连接被对方重置"),
    Text("Connection timed out", "连接超时"),
    Text("File exists", "文件已存在"),
    Text("Is a directory", "这是一个目录"),
    Text("Name or service not known", "无法解析主机名"),
    Text("Network is unreachable", "网络不可达"),
    Text("No route to host", "没有到主机的路由"),
    Text("No space left on device", "磁盘空间不足"),
    Text("No such file or directory", "没有这个文件或目录"),
    Text("Not a directory", "不是目录"),
    Text("Permission denied", "没有权限"),
    Text("Read-only file system", "文件系统只读"),
    Text("Temporary failure in name resolution", "暂时无法解析主机名"),
)

#: As `load` shows them: what pydantic's "Input should be" became.
PYDANTIC = (
    Text("must be greater than or equal to {least}", "必须大于或等于 {least}"),
    Text("must be less than or equal to {most}", "必须小于或等于 {most}"),
    Text("must be greater than {least}", "必须大于 {least}"),
    Text("must be less than {most}", "必须小于 {most}"),
    Text("must be a valid number, unable to parse string as a number", "必须是数字"),
    Text("must be a valid integer, unable to parse string as an integer", "必须是整数"),
    Text("must be a valid integer, got a number with a fractional part", "必须是整数，不能带小数"),
    Text("must be a valid integer", "必须是整数"),
    Text("must be a valid number", "必须是数字"),
    Text("must be a valid decimal", "必须是十进制数"),
    Text("must be a valid boolean, unable to interpret input", "必须是 true 或 false"),
    Text("must be a valid boolean", "必须是 true 或 false"),
    Text("must be a valid string", "必须是文本"),
    Text("must be a finite number", "必须是有限的数字"),
    Text("must be a number", "必须是数字"),
    Text("must not contain control characters", "不能包含控制字符"),
    Text("must be {some} or {last}", "必须是 {some} 或 {last}"),
    Text("String should have at most {most} characters", "最多 {most} 个字符"),
    Text("String should have at least {least} character", "至少 {least} 个字符"),
    Text("Value should have at most {most} items after validation, not {told}", "最多 {most} 个字符，现在是 {told} 个"),
    Text("Decimal input should have no more than {most} decimal places", "最多 {most} 位小数"),
    Text("Decimal input should have no more than {most} digits in total", "最多 {most} 位数字"),
    Text("Input is not a valid path", "必须是有效的路径"),
)


def why(words: str) -> str:
    """The system's reason in the language spoken."""
    return retold(words, SYSTEM)


def fault(words: str) -> str:
    """Pydantic's complaint in the language spoken."""
    return retold(words, PYDANTIC)


def event(description: str) -> str:
    """What a connection_lost or connection_error says, for a person; the event itself stays as it was said."""
    return retold(description, (CANNOT_CONNECT, LINK_ENDED, *SYSTEM))
