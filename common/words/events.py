"""Words for the kinds of events that Central stores, for whoever shows a story: `ev-admin trace` and the consoles."""

from common.words import Text

KIND: dict[str, Text] = {
    "registered": Text("registered", "已注册"),
    "link_lost": Text("link lost", "连接中断"),
    "status_update": Text("status", "状态更新"),
    "heartbeat_request": Text("heartbeat", "心跳"),
    "fault_notification": Text("fault", "故障"),
    "recovery_notification": Text("recovered", "故障恢复"),
    "charge_requested": Text("charge requested", "请求充电"),
    "claimed": Text("claimed", "已占用"),
    "start_sent": Text("start sent", "已下发启动"),
    "start_accepted": Text("start accepted", "已开始充电"),
    "refused": Text("refused", "已拒绝"),
    "stop_requested": Text("stop requested", "请求停止"),
    "stop_answered": Text("stop answered", "停止已应答"),
    "completed": Text("completed", "已完成"),
    "discrepancy": Text("discrepancy", "账目不符"),
    "quarantined": Text("quarantined", "已隔离"),
    "price_set": Text("price set", "已设电价"),
    "stop_cp": Text("out of service", "已停用"),
    "resume_cp": Text("in service", "已恢复服务"),
}


def kind(name: str) -> str:
    """How a kind is called; what a newer Central stores and this program does not know is shown as it stands."""
    text = KIND.get(name)
    return name if text is None else str(text)
