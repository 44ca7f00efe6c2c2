"""Options of librdkafka: from everywhere, with passwords kept to themselves, and none that the programs depend on."""

from pathlib import Path
from typing import ClassVar

import pytest

from common.errors import BadSetting
from common.settings import WithKafka, load


class ToasterSettings(WithKafka):
    process: ClassVar[str] = "toaster"


def options(**told: object) -> dict[str, str]:
    return load(ToasterSettings, told).read_kafka_options()


def complaint(**told: object) -> str:
    with pytest.raises(BadSetting) as wrong:
        options(**told)
    return str(wrong.value)


def test_options_come_from_the_command_line_and_a_value_may_hold_anything(clean_place: Path) -> None:
    del clean_place
    told = ["sasl.password=a=b,c", "debug = broker,topic"]
    assert options(kafka_option=told) == {"sasl.password": "a=b,c", "debug": "broker,topic"}


def test_the_environment_holds_one_a_line(clean_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del clean_place
    monkeypatch.setenv("EV_KAFKA_OPTION", "security.protocol=SSL\nsasl.password=a,b\n")
    assert options() == {"security.protocol": "SSL", "sasl.password": "a,b"}


@pytest.mark.parametrize(
    "text",
    [
        'kafka_option = ["security.protocol=SSL", "enable.ssl.certificate.verification=false"]\n',
        '[toaster.kafka_option]\n"security.protocol" = "SSL"\n"enable.ssl.certificate.verification" = false\n',
    ],
)
def test_ev_toml_holds_a_list_or_a_table(clean_place: Path, text: str) -> None:
    (clean_place / "ev.toml").write_text(text)
    assert options() == {"security.protocol": "SSL", "enable.ssl.certificate.verification": "false"}


def test_a_file_holds_lines_and_what_is_told_one_by_one_wins_over_it(clean_place: Path) -> None:
    file = clean_place / "kafka.properties"
    file.write_text("# who we are\nsasl.username=ev\n\n  sasl.password = s3cret \n")
    assert options(kafka_options_file=str(file), kafka_option=["sasl.username=other"]) == {
        "sasl.username": "other",
        "sasl.password": "s3cret",
    }


@pytest.mark.usefixtures("clean_place")
def test_a_mistake_names_the_place_and_never_the_value(clean_place: Path) -> None:
    assert complaint(kafka_option=["a=b", "s3cret"]) == "--kafka-option: entry 2 is not NAME=VALUE."
    file = clean_place / "kafka.properties"
    file.write_text("sasl.password s3cret\n")
    assert complaint(kafka_options_file=str(file)) == f"{file}: entry 1 is not NAME=VALUE."
    assert complaint(kafka_options_file="nowhere") == "Cannot read nowhere: No such file or directory."


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("enable.auto.commit", "the programs depend on it."),
        ("enable.idempotence", "the programs depend on it."),
        ("acks", "the programs depend on it."),
        ("partitioner", "the programs depend on it."),
        ("group.id", "the programs depend on it; use --kafka-topic-prefix."),
        ("bootstrap.servers", "the programs depend on it; use --kafka."),
    ],
)
@pytest.mark.usefixtures("clean_place")
def test_what_the_programs_depend_on_is_refused(name: str, told: str) -> None:
    assert complaint(kafka_option=[f"{name}=x"]) == f"--kafka-option: {name} cannot be set, {told}"


@pytest.mark.usefixtures("clean_place")
def test_a_callable_is_no_text() -> None:
    assert complaint(kafka_option=["error_cb=x"]) == "--kafka-option: error_cb cannot be set as a text."


@pytest.mark.usefixtures("clean_place")
def test_several_brokers_and_a_prefix() -> None:
    settings = load(ToasterSettings, {"kafka": "one:1, [::1]:2", "kafka_topic_prefix": "north."})
    assert (str(settings.kafka), settings.kafka_topic_prefix) == ("one:1,[::1]:2", "north.")
    with pytest.raises(BadSetting, match=r"^--kafka: must be HOST:PORT, for example 127.0.0.1:5000 \(it is 'one:1,'\)"):
        load(ToasterSettings, {"kafka": "one:1,"})
    with pytest.raises(BadSetting, match=r"^--kafka-topic-prefix: must be up to 100 characters of A-Z"):
        load(ToasterSettings, {"kafka_topic_prefix": "a b"})
