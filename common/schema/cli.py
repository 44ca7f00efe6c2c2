"""`ev-schema`: prints the protocol and the metrics; docs/asyncapi.json, messages.md and metrics.md are what it prints."""

import json

import typer

from common.command import VersionFlag, new_app, run_app
from common.schema.asyncapi import asyncapi_document
from common.schema.figures import metrics_page
from common.schema.table import message_table

app = new_app("Write out the protocol from the catalogue of messages.")


@app.callback()
def schema(version: VersionFlag = False) -> None:
    """Write out the protocol from the catalogue of messages."""
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


def main() -> int:
    return run_app(app, "ev-schema")
