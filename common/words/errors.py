"""
Words for why a request was refused: one text for each code of the protocol, and the sentence made of a code and Central's words.

Central speaks English to everybody (its words go over the wire). Who reads Chinese is told the code's meaning in Chinese first.
"""

from common.errors import ErrorCode
from common.words import Language, Text, retold, spoken
from common.words.access import OVER_THE_WIRE

#: Whole sentences without their full stop.
CODE: dict[ErrorCode, Text] = {
    ErrorCode.MALFORMED_JSON: Text("What was sent is no JSON object", "发送的内容不是 JSON 对象"),
    ErrorCode.FRAME_TOO_LARGE: Text("The message is too long", "消息过长"),
    ErrorCode.UNKNOWN_TYPE: Text("There is no such message type", "没有这种消息类型"),
    ErrorCode.INVALID_MESSAGE: Text("A field of the message is missing or wrong", "消息缺少字段或字段有误"),
    ErrorCode.NOT_ALLOWED: Text("This may not be sent here", "此处不允许发送该消息"),
    ErrorCode.NOT_AUTHENTICATED: Text("Authentication is needed first", "需要先通过身份验证"),
    ErrorCode.AUTH_FAILED: Text("The proof of identity is not accepted", "身份验证失败"),
    ErrorCode.SUPERSEDED: Text("A newer link has taken the place of this one", "此连接已被更新的连接取代"),
    ErrorCode.ALREADY_CONNECTED: Text("The charging point is connected already", "该充电桩已有连接"),
    ErrorCode.RATE_LIMITED: Text("Too many requests in a short time", "请求过于频繁"),
    ErrorCode.UNKNOWN_CP: Text("There is no such charging point", "没有这个充电桩"),
    ErrorCode.UNKNOWN_DRIVER: Text("There is no such driver", "没有这个用户"),
    ErrorCode.CP_DISCONNECTED: Text("The charging point is not connected", "充电桩离线"),
    ErrorCode.CP_FAULTY: Text("The charging point is out of order", "充电桩发生故障"),
    ErrorCode.CP_STOPPED: Text("The charging point is out of service", "充电桩已停用"),
    ErrorCode.CP_BUSY: Text("The charging point is busy", "充电桩正在使用中"),
    ErrorCode.UNKNOWN_SESSION: Text("There is no such session", "没有这个充电会话"),
    ErrorCode.NOT_YOUR_SESSION: Text("The session is another driver's", "该充电会话属于其他用户"),
    ErrorCode.SESSION_FINISHED: Text("The session has ended already", "该充电会话已经结束"),
    ErrorCode.ENGINE_UNREACHABLE: Text("The charging point's Engine is out of reach", "无法连接充电桩的 Engine"),
    ErrorCode.ENGINE_TIMEOUT: Text("The charging point did not answer in time", "充电桩未及时应答"),
    ErrorCode.ENGINE_REFUSED: Text("The charging point refuses", "充电桩拒绝了请求"),
    ErrorCode.EXPIRED: Text("The request is too old", "请求已过期"),
    ErrorCode.BAD_ARGUMENT: Text("An argument is wrong", "参数有误"),
    ErrorCode.OVERLOADED: Text("There is too much to do now", "系统繁忙，请稍后再试"),
    ErrorCode.INTERNAL_ERROR: Text("Something went wrong inside", "系统内部错误"),
}

WITHOUT_A_REASON = Text("Central refuses without a reason", "中央系统拒绝了请求，未说明原因")
WITHOUT_A_CODE = Text("Central refuses: {told}.", "中央系统拒绝了请求：{told}。")


def refusal(error: ErrorCode | None, message: str) -> str:
    """Why not, in one sentence of the language spoken, with the code; Central's own words where they say more."""
    if spoken() is Language.ENGLISH:
        return as_told(error, message)
    told = _bare(retold(message, OVER_THE_WIRE))
    if error is None:
        return WITHOUT_A_CODE(told=told) if told else f"{WITHOUT_A_REASON}。"
    says_more = told and told != CODE[error].en
    return f"{CODE[error]}（{error}：{told}）。" if says_more else f"{CODE[error]}（{error}）。"


def as_told(error: ErrorCode | None, message: str) -> str:
    """The same in Central's own words, for logs and for other programs: they stay as they were said."""
    told = _bare(message) or WITHOUT_A_REASON.en
    return f"{told} ({error})." if error else f"{told}."


def _bare(message: str) -> str:
    return message.strip().rstrip(".。")
