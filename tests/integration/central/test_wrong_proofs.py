"""Who guesses at secrets is slowed down where it comes from; who has one is not."""

from common import messages as m
from common.metrics import catalogue as figures
from tests.integration.central.conftest import Network, proof


def guess(nonce: str, cp_id: str, secret: str) -> m.AuthRequest:
    return proof("monitor", cp_id, secret, nonce)


async def with_secrets(network: Network) -> None:
    await network.stop()
    await network.start(auth=True)
    for cp_id, secret in (("CP1", "secret-of-point-1"), ("CP2", "secret-of-point-2")):
        await network.enrol("point", cp_id, secret)


async def test_a_secret_is_guessed_at_five_times_and_then_not_even_looked_at(network: Network) -> None:
    await with_secrets(network)
    guessing = await network.peer()
    answers = []
    for number in range(5):
        guessing.send(guess(f"n{number}", "CP1", f"guess{number}"))
        answers.append((await guessing.expect(m.AuthResponse)).error)
    assert answers == ["auth_failed"] * 5
    # Neither on this link nor on the next from there, and not though it were right.
    for peer, nonce in ((guessing, "n5"), (await network.peer(), "n6")):
        peer.send(guess(nonce, "CP1", "secret-of-point-1"))
        told = await peer.expect(m.ErrorResponse)
        assert (told.message_id, told.error, told.message, told.data) == (
            nonce,
            "rate_limited",
            "Too many proofs were wrong; try again in 10 s.",
            {"retry_after_s": 10},
        )
    honest = await network.peer()
    honest.send(guess("n7", "CP2", "secret-of-point-2"))
    assert (await honest.expect(m.AuthResponse)).succeeded
    network.clock.advance(10.1)
    guessing.send(guess("n8", "CP1", "secret-of-point-1"))
    assert (await guessing.expect(m.AuthResponse)).succeeded
    assert network.central.context.measures.values(figures.BAD_FRAMES) == {("rate_limited",): 2}


async def test_with_authentication_off_nobody_is_slowed_down(network: Network) -> None:
    peer = await network.peer()
    for number in range(20):
        peer.send(guess(f"n{number}", "CP1", "whatever"))
        assert (await peer.expect(m.AuthResponse)).succeeded
