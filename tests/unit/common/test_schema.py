"""What is written out: structurally an AsyncAPI 3.0 document, and all of it current in docs/."""

import json
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, get_args

import pytest
from pydantic import Field

from common.messages.operating import ARGUMENTS, Command
from common.net.address import HostPort
from common.registry import CATALOGUE
from common.routes import Local, Topic
from common.schema import cli
from common.schema.asyncapi import asyncapi_document
from common.schema.options import settings_page
from common.schema.table import message_table
from common.settings import WithCentral

DOCS = Path(__file__).parents[3] / "docs"
ON_WIRES = sorted(tag for tag, m in CATALOGUE.items() if not all(isinstance(r, Local) for r in m.routes))


@pytest.fixture(scope="module", name="document")
def _document() -> dict[str, Any]:
    return json.loads(json.dumps(asyncapi_document()))  # type: ignore[no-any-return]  # JSON is anything


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def resolve(document: dict[str, Any], reference: str) -> Any:
    assert reference.startswith("#/")
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def test_the_document_has_what_asyncapi_3_requires(document: dict[str, Any]) -> None:
    allowed = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    assert document["asyncapi"] == "3.0.0"
    assert set(document) <= allowed
    assert {"title", "version"} <= set(document["info"])
    assert all({"host", "protocol"} <= set(server) for server in document["servers"].values())
    assert all({"address", "messages"} <= set(channel) for channel in document["channels"].values())
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert set(operation["channel"]) == {"$ref"}
        assert operation["messages"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = [node["$ref"] for node in nodes(document) if "$ref" in node]
    assert references
    for reference in references:
        resolve(document, reference)


def test_an_operation_names_messages_of_its_own_channel(document: dict[str, Any]) -> None:
    for operation in document["operations"].values():
        place = f"{operation['channel']['$ref']}/messages/"
        assert all(message["$ref"].startswith(place) for message in operation["messages"])


def test_every_message_that_crosses_a_wire_is_described(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    assert sorted(messages) == ON_WIRES
    for tag, message in messages.items():
        assert (message["name"], message["title"]) == (tag, CATALOGUE[tag].__name__)
        assert message["summary"]
        payload = resolve(document, message["payload"]["$ref"])
        assert payload["properties"]["type"]["const"] == tag
        assert {"type", "message_id"} <= set(payload["required"]) <= set(payload["properties"])


def test_every_message_is_in_a_channel_and_every_topic_is_one(document: dict[str, Any]) -> None:
    carried = {tag for channel in document["channels"].values() for tag in channel["messages"]}
    assert sorted(carried) == ON_WIRES
    assert {str(topic) for topic in Topic} <= set(document["channels"])


def test_schemas_speak_json_schema_and_leave_out_what_is_empty(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    text = json.dumps(schemas)
    assert '"null"' not in text
    assert '"ge"' not in text
    assert schemas["ChargeRequest"] == {
        "title": "ChargeRequest",
        "description": "Driver asks Central for a charge at one point.",
        "type": "object",
        "required": ["cp_id", "driver_id", "message_id", "type"],
        "properties": {
            "type": {"const": "charge_request", "default": "charge_request", "title": "Type", "type": "string"},
            "message_id": {"maxLength": 64, "minLength": 1, "title": "Message Id", "type": "string"},
            "timestamp": {"maximum": 253402300799, "minimum": 0, "title": "Timestamp", "type": "number"},
            "cp_id": {"pattern": "^[A-Za-z0-9._-]{1,36}$", "title": "Cp Id", "type": "string"},
            "driver_id": {"pattern": "^[A-Za-z0-9._-]{1,36}$", "title": "Driver Id", "type": "string"},
            "energy_limit_kwh": {
                "description": "kWh, at most 3 decimals",
                "maximum": 1_000_000,
                "minimum": 0,
                "multipleOf": 0.001,
                "title": "Energy Limit Kwh",
                "type": "number",
            },
        },
    }


def table_rows() -> tuple[list[str], list[str]]:
    """Those of messages, and those of the operator's commands."""
    messages, _, commands = message_table().partition("## The operator's commands")
    rows = [[line for line in part.splitlines() if line.startswith("| `")] for part in (messages, commands)]
    return rows[0], rows[1]


def test_every_command_of_the_operator_is_described_with_its_arguments() -> None:
    _, rows = table_rows()
    assert [row.split("`")[1] for row in rows] == list(ARGUMENTS)
    assert sorted(ARGUMENTS) == sorted(get_args(Command))
    assert (
        "| `set_price` | Sets the price at a point from the next session on. | "
        '`cp_id` (needed): a cp_id, or "*" for all<br>`price_per_kwh` (needed): price of one kWh, at most 4 decimals | '
        "`changed`: ids of points |"
    ) in rows
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))


def test_the_table_has_a_row_for_every_type() -> None:
    rows, _ = table_rows()
    assert sorted(row.split("`")[1] for row in rows) == sorted(CATALOGUE)
    assert (
        "| `charge_request` | Driver asks Central for a charge at one point. | Driver → Central, TCP<br>"
        "Driver → Central, Kafka `driver_charge_requests` by `driver_id` | "
        "`cp_id`, `driver_id`; optional `energy_limit_kwh` |"
    ) in rows


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("asyncapi", "asyncapi.json"),
        ("table", "messages.md"),
        ("metrics", "metrics.md"),
        ("settings", "settings.md"),
    ],
)
def test_what_ev_schema_prints_is_what_stands_in_docs(
    command: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ev-schema", command])
    assert cli.main() == 0
    stale = f"docs/{name} is stale: ev-schema {command} > docs/{name}"
    assert capsys.readouterr().out == (DOCS / name).read_text(encoding="utf-8"), stale


def test_every_program_names_its_settings() -> None:
    scripts = {one.name for one in entry_points(group="console_scripts") if one.dist and one.dist.name == "ev-charging"}
    commands = {"ev-fleet-drivers"}  # of a program, with settings of their own
    assert {one.name for one in entry_points(group=cli.SETTINGS)} == scripts - {"ev-schema"} | commands


class OvenSettings(WithCentral):
    process: ClassVar[str] = "oven"

    degrees: float = Field(180.0, gt=0, le=300, description="how hot")
    json_: bool = Field(False, description="this | that")
    dish: str = Field(max_length=20, description="what is in it")


class GrillSettings(WithCentral):
    process: ClassVar[str] = "grill"

    central: HostPort = Field("127.0.0.1:7", description="Central as HOST:PORT")  # type: ignore[assignment]
    rack: int = Field(2, ge=1, lt=5, description="which one")


def certificate(program: str) -> list[str]:
    """What each program has of its own, under names of its own."""
    told = {
        "cert": "certificate (PEM) to show where one is asked for",
        "key": "its key (PEM), where it is not in the same file",
    }
    return [
        f"| `--tls-{one}` | `EV_{program.upper()}_TLS_{one.upper()}` | `[{program}]` `tls_{one}` | `PATH` | none | {what} |"
        for one, what in told.items()
    ]


def test_the_page_of_settings_says_once_what_several_programs_have_alike() -> None:
    tables = settings_page({"ev-grill": GrillSettings, "ev-oven": OvenSettings}).split("\n## ")[1:]
    assert [table.splitlines()[4:] for table in tables] == [
        [
            (
                "| `--log-format` | `EV_LOG_FORMAT` | `log_format` | `auto`, `human`, `json` | `auto` "
                "| human lines, JSON lines, or auto: human on a terminal |"
            ),
            (
                "| `--log-level` | `EV_LOG_LEVEL` | `log_level` | `debug`, `info`, `warning`, `error` | `info` "
                "| least important level that is logged |"
            ),
            (
                "| `--lang` | `EV_LANG` | `lang` | `auto`, `en`, `zh` | `auto` "
                "| language for people: en, zh (Simplified Chinese), or auto: that of the locale |"
            ),
            (
                "| `--max-frame-bytes` | `EV_MAX_FRAME_BYTES` | `max_frame_bytes` | `N` from 1024 up to 16777216 | `65536` "
                "| longest frame on TCP |"
            ),
            (
                "| `--secret-file` | `EV_SECRET_FILE` | `secret_file` | `PATH` | none "
                "| file with the secret to prove oneself with, when asked to |"
            ),
            (
                "| `--tls-ca` | `EV_TLS_CA` | `tls_ca` | `PATH` | none "
                "| connect to Central with TLS, and trust what this CA (PEM) made; the host name must be right |"
            ),
        ],
        [
            "| `ev-grill` | `--central` | `EV_CENTRAL` | `central` | `HOST:PORT` | `127.0.0.1:7` | Central as HOST:PORT |",
            "| `ev-oven` | `--central` | `EV_CENTRAL` | `central` | `HOST:PORT` | `127.0.0.1:5000` | Central as HOST:PORT |",
        ],
        [
            *certificate("grill"),
            "| `--rack` | `EV_GRILL_RACK` | `[grill]` `rack` | `N` from 1 under 5 | `2` | which one |",
        ],
        [
            *certificate("oven"),
            "| `--degrees` | `EV_OVEN_DEGREES` | `[oven]` `degrees` | `NUMBER` over 0 up to 300 | `180.0` | how hot |",
            "| `--json`, `--no-json` | `EV_OVEN_JSON` | `[oven]` `json` | `true`, `false` | `false` | this &#124; that |",
            "| `--dish` | `EV_OVEN_DISH` | `[oven]` `dish` | `TEXT` of up to 20 characters | required | what is in it |",
        ],
    ]
