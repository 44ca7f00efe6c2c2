"""Signatures and nonces of section 9."""

import hashlib
import hmac

from common.auth import Nonces, record_signature, same, signature


def test_a_signature_is_over_role_id_timestamp_and_nonce() -> None:
    expected = hmac.new(b"secret", b"driver|D001|1800000000.25|n1", hashlib.sha256).hexdigest()
    assert signature("secret", "driver", "D001", 1_800_000_000.25, "n1") == expected


def test_whole_seconds_are_signed_without_a_fraction() -> None:
    expected = hmac.new(b"secret", b"monitor|CP001|1800000000|n1", hashlib.sha256).hexdigest()
    assert signature("secret", "monitor", "CP001", 1_800_000_000.0, "n1") == expected


def test_a_record_is_signed_over_its_value() -> None:
    assert record_signature("secret", b"{}") == hmac.new(b"secret", b"{}", hashlib.sha256).hexdigest()


def test_signatures_are_the_same_or_not_whatever_was_sent() -> None:
    assert same("ab", "ab")
    assert not same("ab", "añ")


def test_a_nonce_is_fresh_once_and_again_only_after_the_window() -> None:
    nonces = Nonces(window_s=60)
    seen = [nonces.is_fresh("D001", "n1", now) for now in (0, 1, 119, 121)]
    assert seen == [True, False, False, True]
    assert nonces.is_fresh("D002", "n1", 121)


def test_no_more_nonces_are_remembered_than_there_is_room_for() -> None:
    nonces = Nonces(window_s=60, most=2)
    assert [nonces.is_fresh("D001", str(number), 0) for number in range(3)] == [True, True, False]
