"""What came of a run, in words for whoever started it."""

from collections.abc import Callable

from common.failpoints import Place
from tests.faults.harness.plan import Plan
from tests.faults.harness.trial import Outcome

Say = Callable[[str], None]
_SHOWN = 20


def report(plan: Plan, outcome: Outcome, say: Say) -> None:
    say("\nWhat landed:")
    for kind in sorted({*outcome.landed, *outcome.missed}):
        missed = f", {outcome.missed[kind]} did not land" if outcome.missed[kind] else ""
        say(f"  {kind:<34} {outcome.landed[kind]:4}{missed}")
    say("\nKilled at failpoints:")
    for place in Place:
        hits = outcome.places[place]
        say(f"  {place:<24} {hits:4}  {place.sentence}{'' if hits else ' (nothing is shown about it)'}")
    say("\nThe audit:")
    for name, findings in outcome.findings.items():
        say(f"  {name:<24} {'right' if not findings else f'{len(findings)} faults'}")
        for one in findings[:_SHOWN]:
            say(f"    - {one}")
    say(f"\n{sentence(outcome) if outcome.is_right else 'THE NETWORK IS NOT RIGHT.'}")
    say(f"Again: {plan.command}")


def sentence(outcome: Outcome) -> str:
    """What a run that found nothing has shown, in figures."""
    bound = f"; 0 failures in {outcome.trials} trials bounds the rate at 3/{outcome.trials}" if outcome.trials else ""
    return f"{outcome.tickets} of {outcome.sessions} sessions were billed for {outcome.metered_wh} Wh{bound}."
