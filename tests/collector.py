"""An OTLP/HTTP collector played by the test: keeps the spans that programs send it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent


@dataclass(frozen=True, slots=True)
class Stretch:
    """One span as it was sent."""

    program: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: dict[str, str]

    @property
    def label(self) -> str:
        return f"{self.program} {self.kind} {self.name}"


class Collector:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: list[Stretch] = []
        self.url = ""

    @property
    def spans(self) -> list[Stretch]:
        with self._lock:
            return list(self._spans)

    def take(self, data: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(data).resource_spans:
            program = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            found = [_stretch(program, span) for scope in resource.scope_spans for span in scope.spans]
            with self._lock:
                self._spans += found

    def tree(self, trace_id: str) -> dict[str, str | None]:
        """Each stretch of a trace, and the one that it is part of."""
        spans = [span for span in self.spans if span.trace_id == trace_id]
        labels = {span.span_id: span.label for span in spans}
        return {span.label: labels.get(span.parent_id) for span in spans}


def _stretch(program: str, span: Sent) -> Stretch:
    return Stretch(
        program=program,
        name=span.name,
        kind=Sent.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == 2,
        attributes={a.key: a.value.string_value for a in span.attributes},
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
