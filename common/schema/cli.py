"""
`ev-schema`: prints the protocol, the metrics and the settings; docs/asyncapi.json, messages.md, metrics.md and settings.md are
what it prints.
"""

import json
from importlib.metadata import entry_points

import typer

from common.command import VersionFlag, new_app, run_app
from common.errors import CannotStart
from common.schema.asyncapi import asyncapi_document
from common.schema.figures import metrics_page
from common.schema.options import settings_page
from common.schema.table import message_table
from common.settings import ProcessSettings
from common.words.deploy import NOT_NAMED

#: Under this name the installation lists the settings of each program (pyproject.toml).
SETTINGS = "ev_charging.settings"

app = new_app("Write out the protocol, the metrics and the settings, as the programs have them.")


@app.callback()
def schema(version: VersionFlag = False) -> None:
    """Write out the protocol, the metrics and the settings, as the programs have them."""
    del version


@app.command()
def asyncapi() -> None:
    """Print an AsyncAPI 3.0 document (JSON) of every channel and message."""
    typer.echo(json.dumps(asyncapi_document(), indent=2, ensure_ascii=False))


@app.command()
def table() -> None:
    """Print a Markdown table of every message."""
    typer.echo(message_table(), nl=False)


@app.command()
def metrics() -> None:
    """Print a Markdown table of every metric."""
    typer.echo(metrics_page(), nl=False)


@app.command()
def settings() -> None:
    """Print a Markdown table of every setting of every program."""
    models: dict[str, type[ProcessSettings]] = {one.name: one.load() for one in sorted(entry_points(group=SETTINGS))}
    if not models:
        raise CannotStart(NOT_NAMED())
    typer.echo(settings_page(models), nl=False)


def main() -> int:
    return run_app(app, "ev-schema")
