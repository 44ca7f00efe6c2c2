"""Every message as it stands on the wire, one file a type, every field filled: what was written once is read for ever."""

import json
from pathlib import Path

import pytest

import common.messages  # noqa: F401 - fills the catalogue
from common.codec import decode, encode
from common.registry import CATALOGUE

HERE = Path(__file__).parent


def test_every_type_has_a_golden_file_and_every_file_a_type() -> None:
    assert sorted(path.stem for path in HERE.glob("*.json")) == sorted(CATALOGUE)


@pytest.mark.parametrize("tag", sorted(CATALOGUE))
def test_a_golden_message_is_read_and_written_again_the_same(tag: str) -> None:
    golden = (HERE / f"{tag}.json").read_bytes()
    message = decode(golden, CATALOGUE)
    assert type(message) is CATALOGUE[tag]
    assert json.loads(encode(message)) == json.loads(golden)


@pytest.mark.parametrize("tag", sorted(CATALOGUE))
def test_a_golden_file_fills_every_field_of_its_message(tag: str) -> None:
    golden = json.loads((HERE / f"{tag}.json").read_bytes())
    assert sorted(golden) == sorted(CATALOGUE[tag].model_fields)


@pytest.mark.parametrize("tag", sorted(CATALOGUE))
def test_an_unknown_field_of_a_newer_peer_changes_nothing(tag: str) -> None:
    golden = json.loads((HERE / f"{tag}.json").read_bytes())
    newer = json.dumps({**golden, "from_the_future": {"a": [1]}}).encode()
    assert json.loads(encode(decode(newer, CATALOGUE))) == golden
