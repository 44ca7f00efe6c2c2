"""The list of points as its driver wants it: orders, filters, and a choice that stays."""

from decimal import Decimal

import pytest

from common.messages import AvailableCpsResponse, OfferedPoint, PointStatus
from driver.cursor import Cursor
from driver.offers import Offers, Order
from driver.position import Position, read_position

HERE = Position(31.2304, 121.4737)


def point(
    cp_id: str,
    price: str = "0.3",
    power: float = 22,
    at: tuple[float, float] | None = None,
    status: PointStatus = PointStatus.ACTIVE,
    name: str | None = None,
) -> OfferedPoint:
    latitude, longitude = at or (None, None)
    return OfferedPoint(
        cp_id=cp_id,
        status=status,
        price_per_kwh=Decimal(price),
        max_charging_rate_kw=power,
        name=name,
        latitude=latitude,
        longitude=longitude,
    )


def offers(*points: OfferedPoint, position: Position | None = HERE, total: int | None = None) -> Offers:
    made = Offers(position)
    told = None if total is None else {"total": total, "shown": len(points)}
    made.take(AvailableCpsResponse(message_id="m", status="success", charging_points=points, data=told), 100.0)
    return made


def shown(made: Offers) -> list[str]:
    return [offer.point.cp_id for offer in made.shown]


def test_each_order_has_its_first_and_ids_count_as_people_do() -> None:
    made = offers(
        point("CP10", "0.2", 11, (31.3, 121.5)),
        point("CP2", "0.4", 150),
        point("CP1", "0.2", 22, (31.24, 121.47)),
    )
    found = {}
    for _ in Order:
        found[made.order] = shown(made)
        made.next_order()
    assert found == {
        Order.DISTANCE: ["CP1", "CP10", "CP2"],
        Order.PRICE: ["CP1", "CP10", "CP2"],
        Order.POWER: ["CP2", "CP1", "CP10"],
        Order.ID: ["CP1", "CP2", "CP10"],
    }


def test_without_a_place_of_its_own_nothing_is_near_or_far() -> None:
    made = offers(point("CP1", at=(31.0, 121.0)), position=None)
    assert made.orders == [Order.ID, Order.PRICE, Order.POWER]
    assert made.shown[0].distance_km is None


def test_distance_is_as_the_crow_flies() -> None:
    beijing = Position(39.9042, 116.4074)
    assert HERE.km_to(beijing) == pytest.approx(1068, abs=2)
    assert HERE.km_to(HERE) == 0
    assert Position(0, 0).km_to(Position(0, 180)) == pytest.approx(20015, abs=1)


def test_words_are_sought_in_id_name_and_address_together() -> None:
    made = offers(point("CP1", name="Main gate"), point("CP2", name="Gate of the yard"), point("X3"))
    made.filter("gate cp")
    assert shown(made) == ["CP1", "CP2"]
    made.filter("GATE yard")
    assert shown(made) == ["CP2"]
    made.filter("")
    assert shown(made) == ["CP1", "CP2", "X3"]


def test_only_the_free_ones_or_all() -> None:
    made = offers(point("CP1", status=PointStatus.CHARGING), point("CP2"))
    made.toggle_free()
    assert shown(made) == ["CP2"]
    made.toggle_free()
    assert shown(made) == ["CP1", "CP2"]


def test_the_chosen_point_stays_chosen_when_the_list_changes_and_the_row_when_it_is_gone() -> None:
    made = offers(point("CP2"), point("CP3"))
    made.cursor.press("down")
    made.take(
        AvailableCpsResponse(
            message_id="m", status="success", charging_points=(point("CP1"), point("CP2"), point("CP3"))
        ),
        105.0,
    )
    assert made.chosen is not None
    assert (made.chosen.point.cp_id, made.told_at) == ("CP3", 105.0)
    made.take(AvailableCpsResponse(message_id="m", status="success", charging_points=(point("CP1"),)), 110.0)
    assert made.chosen is not None
    assert made.chosen.point.cp_id == "CP1"
    made.take(AvailableCpsResponse(message_id="m", status="success"), 115.0)
    assert made.chosen is None


def test_a_part_of_the_list_is_known_to_be_one() -> None:
    made = offers(point("CP1"), total=5000)
    assert (made.told, made.total) == (1, 5000)
    whole = offers(point("CP1"))
    assert (whole.told, whole.total) == (1, 1)


def test_the_screen_follows_the_cursor_and_stays_where_it_can() -> None:
    cursor = Cursor()
    cursor.fit(100, 10)
    tops = []
    for name in ("page-down", "down", "up", "end", "up", "home", "up"):
        cursor.press(name)
        tops.append((cursor.index, cursor.top))
    assert tops == [(10, 1), (11, 2), (10, 2), (99, 90), (98, 90), (0, 0), (0, 0)]
    cursor.press("end")
    cursor.fit(100, 50)
    assert (cursor.index, cursor.top) == (99, 50)
    cursor.fit(3)
    assert (cursor.index, cursor.top) == (2, 0)


@pytest.mark.parametrize("text", ["91,0", "0,181", "nan,0", "1", "1,2,3", "a,b"])
def test_what_is_no_place_on_earth_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="degrees north and east"):
        read_position(text)


def test_a_place_is_two_figures_with_a_comma() -> None:
    assert read_position("-33.86, 151.2") == Position(-33.86, 151.2)
    assert str(Position(-33.86, 151.2)) == "-33.86,151.2"
