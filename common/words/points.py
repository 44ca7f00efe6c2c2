"""Words for what points and sessions are, wherever they are shown."""

from common.messages import PointStatus, Reason
from common.words import Text

STATUS: dict[PointStatus, Text] = {
    PointStatus.ACTIVE: Text("ACTIVE", "空闲"),
    PointStatus.CHARGING: Text("CHARGING", "充电中"),
    PointStatus.STOPPED: Text("STOPPED", "停用"),
    PointStatus.FAULTY: Text("FAULTY", "故障"),
    PointStatus.DISCONNECTED: Text("DISCONNECTED", "离线"),
}

REASON: dict[Reason, Text] = {
    Reason.DRIVER_STOP: Text("stopped by the driver", "用户停止"),
    Reason.ADMIN_STOP: Text("stopped by the operator", "运营方停止"),
    Reason.UNPLUGGED: Text("unplugged", "已拔枪"),
    Reason.ENERGY_LIMIT: Text("energy limit reached", "达到电量上限"),
    Reason.VEHICLE_FULL: Text("battery full", "电池已充满"),
    Reason.FAULT: Text("fault", "故障"),
    Reason.ENGINE_RESTART: Text("the charging point restarted", "充电桩重启"),
    Reason.POWER_LOSS: Text("power loss", "断电"),
}

AGO_NEVER = Text("never", "从未")
AGO_NOW = Text("now", "刚刚")
AGO_SECONDS = Text("{n} s ago", "{n} 秒前")
AGO_MINUTES = Text("{n} min ago", "{n} 分钟前")
AGO_HOURS = Text("{n} h ago", "{n} 小时前")
AGO_DAYS = Text("{n} d ago", "{n} 天前")

SPAN_SECONDS = Text("{s} s", "{s} 秒")
SPAN_MINUTES = Text("{m} min {s:02} s", "{m} 分 {s:02} 秒")
SPAN_HOURS = Text("{h} h {m:02} min", "{h} 小时 {m:02} 分")
