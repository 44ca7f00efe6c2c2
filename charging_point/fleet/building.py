"""From what a fleet is told to be to its points: each with a Watch and a Point of its own. Pure but for chance, which is handed in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from charging_point.engine.car import Battery, Car
from charging_point.engine.ledger import Ledger
from charging_point.engine.point import Abilities, Point
from charging_point.fleet.pair import Outside, Pair
from charging_point.fleet.spec import FleetSpec, PointTemplate
from charging_point.fleet.traffic import Toll, Traffic
from charging_point.fleet.visits import Chances, Visits
from charging_point.monitor.timings import Timings
from charging_point.monitor.watch import Watch
from common.clock import Moment
from common.ids import Ids
from common.messages import RegisterRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all points of a fleet stand on."""

    outside: Outside
    ids: Ids
    chances: Chances
    toll: Toll
    began: Moment
    timings: Timings
    time_scale: float = 1.0
    has_kafka: bool = True
    #: What a journal remembers of a point, by its id.
    ledgers: Mapping[str, Ledger]
    #: Its secret, where Central asks for one.
    secret_of: Callable[[str], str | None]


def build(spec: FleetSpec, ground: Ground) -> Iterator[Pair]:
    """One point after the other, as there may be very many."""
    place = 0
    for template in spec.points:
        vehicles = spec.vehicles_of(template)
        for number, cp_id in enumerate(template.ids()):
            visits = Visits(
                cp_id, template, vehicles, lambda n: spec.drivers.id.format(n=n), spec.drivers.count, ground.chances
            )
            yield _pair(place, cp_id, number, template, visits, ground)
            place += 1


def _pair(place: int, cp_id: str, number: int, template: PointTemplate, visits: Visits, ground: Ground) -> Pair:
    secret = ground.secret_of(cp_id)
    watch = Watch(_announcement(cp_id, number, template), ids=ground.ids, timings=ground.timings, secret=secret)
    vehicle, soc = visits.vehicle()
    capacity_wh = 1000.0 * vehicle.battery_kwh
    car = Car(Battery(capacity_wh, capacity_wh * soc / 100.0), max_kw=vehicle.max_kw, plugged=True)
    point = Point(
        Abilities(template.power_kw, ground.time_scale),
        car,
        ground.ledgers.get(cp_id) or Ledger(cp_id=cp_id),
        ids=ground.ids,
        kafka_is_up=ground.has_kafka,
    )
    pair = Pair(place, watch, point, ground.outside, ids=ground.ids, secret=secret)
    if not template.on_command and (template.arrivals_per_hour > 0 or template.faults_per_day > 0):
        pair.drive(Traffic(visits, ground.toll, began=ground.began, time_scale=ground.time_scale))
    return pair


def _announcement(cp_id: str, number: int, template: PointTemplate) -> RegisterRequest:
    return RegisterRequest(
        message_id="announcement",
        cp_id=cp_id,
        max_charging_rate_kw=template.power_kw,
        station_id=template.station_of(number),
        address=template.address,
        connector_type=template.connector_type,
        price_per_kwh=template.price,
    )
