"""
What each key of the app does: the tables at the end show all of it. Pure.

What becomes of the answers stands in app.py.
"""

from collections.abc import Callable

from common.clock import Moment
from common.ui.keys import Key
from common.words import driver as words
from driver.app import App, Dialog, View
from driver.entries import read_energy
from driver.events import Output
from driver.ride import Ride
from driver.trip import Stage

_YES, _NO = {"y", "Y", "enter"}, {"n", "N", "escape"}


def press(app: App, key: Key, now: Moment) -> list[Output]:
    if app.dialog is not None:
        return DIALOGS[app.dialog](app, key, now)
    act = KEYS[app.view].get(key.name) or EVERYWHERE.get(key.name)
    if act is not None:
        return act(app, now)
    if app.view is View.POINTS:
        app.offers.cursor.press(key.name)
    elif app.view is View.HISTORY and app.past.cursor.press(key.name) and app.past.cursor.is_at_end:
        return app.ask_older(now)
    return []


# -- from screen to screen


def go_to_points(app: App, now: Moment) -> list[Output]:
    return app.go(View.POINTS, now)


def go_to_charge(app: App, now: Moment) -> list[Output]:
    """The charge that runs, else the ticket of the last one."""
    if app.gauge is None and app.last_ticket is None:
        app.say(words.NO_TICKET(), now)
        return []
    if app.gauge is None:
        app.ticket = app.last_ticket
        return app.go(View.TICKET, now)
    return app.go(View.CHARGE, now)


def go_to_history(app: App, now: Moment) -> list[Output]:
    return app.go(View.HISTORY, now)


def go_to_help(app: App, now: Moment) -> list[Output]:
    return app.go(View.HELP, now)


def go_back(app: App, now: Moment) -> list[Output]:
    return app.go_back(now)


def wish_quit(app: App, now: Moment) -> list[Output]:
    del now
    if app.trip.stage is Stage.RESTING:
        return app.done()
    app.open(Dialog.QUIT)
    return []


# -- points


def choose_point(app: App, now: Moment) -> list[Output]:
    chosen = app.offers.chosen
    cp_id = chosen.point.cp_id if chosen is not None else app.unlisted
    if cp_id is None:
        return []
    if app.trip.stage is not Stage.RESTING:
        app.say(words.ONE_AT_A_TIME() if app.wanted is None else words.ASKING(cp=app.wanted.cp_id), now)
        return []
    app.point_id = cp_id
    app.open(Dialog.LIMIT)
    return []


def begin_filter(app: App, now: Moment) -> list[Output]:
    del now
    app.open(Dialog.FILTER, app.offers.words)
    return []


def clear_filter(app: App, now: Moment) -> list[Output]:
    del now
    app.offers.filter("")
    return []


def toggle_free(app: App, now: Moment) -> list[Output]:
    del now
    app.offers.toggle_free()
    return []


def next_order(app: App, now: Moment) -> list[Output]:
    del now
    app.offers.next_order()
    return []


def refresh_points(app: App, now: Moment) -> list[Output]:
    return app.refresh_points(now)


# -- charge and history


def wish_stop(app: App, now: Moment) -> list[Output]:
    del now
    if app.gauge is not None and not app.gauge.ended:
        app.open(Dialog.STOP)
    return []


def choose_session(app: App, now: Moment) -> list[Output]:
    past = app.past.chosen
    if past is None:
        return []
    if app.gauge is not None and app.gauge.session_id == past.session_id:
        return app.go(View.CHARGE, now)
    if past.ended_at is None and app.trip.stage is Stage.RESTING:
        app.watch(past, now)
        return app.go(View.CHARGE, now)
    app.ticket = Ride(app.trip.driver_id, past.session_id, past.cp_id, past.price_per_kwh).ticket(past)
    return app.go(View.TICKET, now)


def refresh_history(app: App, now: Moment) -> list[Output]:
    return [] if app.is_paging else app.ask_page(now, first=True)


# -- dialogs


def type_filter(app: App, key: Key, now: Moment) -> list[Output]:
    if key.name == "escape":
        app.dialog = None
        app.offers.filter("")
    elif key.name == "enter":
        app.dialog = None
        return choose_point(app, now)
    elif key.name in {"up", "down", "page-up", "page-down"}:
        app.offers.cursor.press(key.name)
    else:
        app.entry.press(key)
        app.offers.filter(app.entry.text)
    return []


def type_limit(app: App, key: Key, now: Moment) -> list[Output]:
    if key.name == "enter":
        return _ask_charge(app, app.entry.text.strip(), now)
    if key.name == "escape":
        app.dialog = None
    else:
        app.entry.press(key)
        app.fault = ""
    return []


def _ask_charge(app: App, text: str, now: Moment) -> list[Output]:
    limit_kwh = read_energy(text) if text else None
    if text and limit_kwh is None:
        app.fault = words.LIMIT_WRONG(text=text)
        return []
    app.dialog = None
    if app.trip.stage is not Stage.RESTING:  # a session was picked up meanwhile
        app.say(words.ONE_AT_A_TIME(), now)
        return []
    return app.ask_charge(app.point_id, limit_kwh, now)


def answer_stop(app: App, key: Key, now: Moment) -> list[Output]:
    if key.name in _NO | _YES:
        app.dialog = None
    if key.name in _YES and app.gauge is not None and not app.gauge.ended:
        return app.ask_stop(app.gauge, now)
    return []


def answer_quit(app: App, key: Key, now: Moment) -> list[Output]:
    del now
    if key.name in _NO:
        app.dialog = None
    elif key.name in _YES:
        app.verdict = app.interrupted()
    return []


DIALOGS: dict[Dialog, Callable[[App, Key, Moment], list[Output]]] = {
    Dialog.FILTER: type_filter,
    Dialog.LIMIT: type_limit,
    Dialog.STOP: answer_stop,
    Dialog.QUIT: answer_quit,
}

Act = Callable[[App, Moment], list[Output]]

KEYS: dict[View, dict[str, Act]] = {
    View.POINTS: {
        "enter": choose_point,
        "/": begin_filter,
        "f": toggle_free,
        "o": next_order,
        "r": refresh_points,
        "escape": clear_filter,
    },
    View.CHARGE: {"s": wish_stop},
    View.TICKET: {"enter": go_back},
    View.HISTORY: {"enter": choose_session, "r": refresh_history},
    View.HELP: {"enter": go_back, "?": go_back, "f1": go_back},
}
EVERYWHERE: dict[str, Act] = {
    "p": go_to_points,
    "c": go_to_charge,
    "h": go_to_history,
    "?": go_to_help,
    "f1": go_to_help,
    "q": wish_quit,
    "escape": go_back,
}
