"""Signatures and nonces of section 9."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.auth import Nonces, record_signature, same, signature
from common.codec import decode, encode
from common.messages import AuthRequest
from common.registry import CATALOGUE


def test_a_signature_is_over_role_id_timestamp_and_nonce() -> None:
    expected = hmac.new(b"secret", b"driver|D001|1800000000.25|n1", hashlib.sha256).hexdigest()
    assert signature("secret", "driver", "D001", 1_800_000_000.25, "n1") == expected


@pytest.mark.parametrize("written", ["1800000000", "1800000000.0", "1.8e9", "1800000000.1234567890123", "18E8"])
def test_a_time_is_signed_as_it_stands_in_the_message_however_its_sender_writes_numbers(written: str) -> None:
    fields = '"role":"monitor","cp_id":"CP1","nonce":"n1","signature":"s","message_id":"m1"'
    request = decode(f'{{"type":"auth_request","timestamp":{written},{fields}}}'.encode(), CATALOGUE)
    assert isinstance(request, AuthRequest)
    expected = hmac.new(b"secret", f"monitor|CP1|{written}|n1".encode(), hashlib.sha256).hexdigest()
    assert signature("secret", "monitor", "CP1", request.signed_timestamp, "n1") == expected


@given(st.floats(1e9, 4e9))
def test_what_we_sign_is_what_we_write(timestamp: float) -> None:
    request = AuthRequest(message_id="m1", timestamp=timestamp, role="monitor", cp_id="CP1", nonce="n1", signature="s")
    read = decode(encode(request), CATALOGUE)
    assert isinstance(read, AuthRequest)
    signed = signature("secret", "monitor", "CP1", timestamp, "n1")
    assert signature("secret", "monitor", "CP1", read.signed_timestamp, "n1") == signed


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
