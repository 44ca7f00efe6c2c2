"""
How fast messages are written and read: each type of the catalogue, against bare pydantic and bare `json`.

The examples are those of tests/golden. Ours and the bare ones take turns, so that a change of the machine's mood meets all.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from common.codec import decode, encode
from common.registry import CATALOGUE
from tests.bench.frame import Run, Say, Scenario, Size

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
_TURNS = 5
#: CPU seconds of one way's turn.
_TURN_S = {Size.TINY: 0.0, Size.QUICK: 0.01, Size.FULL: 0.05}
_LOOP = 50
_MILLION = 1e6


def _seconds_a_call(call: Callable[[], object], at_least: float) -> float:
    began, calls = time.process_time(), 0
    while True:
        for _ in range(_LOOP):
            call()
        calls += _LOOP
        if (took := time.process_time() - began) >= at_least and took > 0:
            return took / calls


def _rates(ways: dict[str, Callable[[], object]], turn_s: float) -> dict[str, float]:
    """Millions of calls a core-second, of each way in its best turn: what else the machine does only ever slows."""
    for call in ways.values():
        call()
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(_TURNS):
        for name, call in ways.items():
            best[name] = min(best[name], _seconds_a_call(call, turn_s))
    return {f"{name}_millions": 1 / (took * _MILLION) for name, took in best.items()}


def _measure_one(tag: str, turn_s: float) -> Run:
    kind = CATALOGUE[tag]
    fields = json.loads((GOLDEN / f"{tag}.json").read_bytes())
    message = kind.model_validate(fields)
    data = encode(message)  # as our programs write it
    accepts = dict(CATALOGUE)
    rates = _rates(
        {
            "encode": lambda: encode(message),
            "decode": lambda: decode(data, accepts),
            "pydantic_encode": lambda: message.model_dump_json(exclude_none=True).encode(),
            "pydantic_decode": lambda: kind.model_validate_json(data),
            "json_encode": lambda: json.dumps(fields).encode(),
            "json_decode": lambda: json.loads(data),
        },
        turn_s,
    )
    against = {
        f"{what}_times_pydantic": rates[f"pydantic_{what}_millions"] / rates[f"{what}_millions"]
        for what in ("encode", "decode")
    }
    return Run("catalogue", {"type": tag}, {**rates, **against})


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    tags = [tag for tag in CATALOGUE if (GOLDEN / f"{tag}.json").exists()]
    for tag in tags[:2] if size is Size.TINY else tags:
        for _ in range(repeats):
            yield _measure_one(tag, _TURN_S[size])
    say("Times are core-seconds of this process; *_times_pydantic: how much longer ours takes, 1.00 is as fast.")


SCENARIO = Scenario(
    "catalogue",
    "encode and decode each message type, in millions a core-second",
    measure,
    {"encode_millions": True, "decode_millions": True, "encode_times_pydantic": False, "decode_times_pydantic": False},
)
