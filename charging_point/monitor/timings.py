"""How long Monitor waits for what (protocol, sections 3, 4 and 6)."""

from dataclasses import dataclass

#: Monitor gives Engine this long to answer a command.
COMMAND_TIMEOUT_S = 15.0
#: A start may wait a minute for somebody to plug the car in.
START_TIMEOUT_S = 70.0
#: How long Central may take to allow a start at the point.
LOCAL_START_TIMEOUT_S = 15.0
#: By then Central has undone by itself what it allowed and nobody used.
LOCAL_START_SETTLED_S = 60.0
#: An Engine that has greeted but not yet said how it is counts as back after this long.
CONFIRM_WITHIN_S = 2.0
#: However long Central asks not to be called, it is tried again after this.
LONGEST_PATIENCE_S = 600.0
#: Whatever interval Central asks for, heartbeats come no faster.
FASTEST_HEARTBEAT_S = 0.1


@dataclass(frozen=True, slots=True)
class Timings:
    #: How long Central or Engine may take to answer the greeting.
    answer_s: float = 10.0
    health_interval_s: float = 30.0
    heartbeat_interval_s: float = 30.0
    #: Silence for so long, after the greeting, means that the other end is gone.
    silence_s: float = 90.0
