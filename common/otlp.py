"""Sends traces to an OpenTelemetry collector. Imports opentelemetry: only where the setting names a collector."""

import logging
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from common import tracing
from common.messages import Message
from common.telemetry import about
from common.tracing import Kind, Span

log = logging.getLogger("ev.traces")

_EXPORT_WITHIN_S = 2.0
_FLUSH_WITHIN_S = 1.5
_SEND_EVERY_MS = 500
_PATH = "/v1/traces"
_READ = TraceContextTextMapPropagator()


class Exporter(SpanExporter):
    """Says once that the collector is away and once that it is back; what could not be sent is dropped."""

    def __init__(self, url: str) -> None:
        self._url = url if urlsplit(url).path.strip("/") else url.rstrip("/") + _PATH
        self._inner = OTLPSpanExporter(endpoint=self._url, timeout=_EXPORT_WITHIN_S)
        self._is_up = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        is_up = result is SpanExportResult.SUCCESS
        if is_up is not self._is_up:
            self._is_up = is_up
            if is_up:
                log.info("The collector at %s takes traces again.", self._url)
            else:
                log.warning("The collector at %s does not take traces; they are dropped meanwhile.", self._url)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()  # type: ignore[no-untyped-call]  # theirs has no annotation


class Traces:
    """From the making to `close` this process is traced."""

    def __init__(self, url: str, program: str) -> None:
        # Its own words, with tracebacks, would come with every attempt.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        resource = Resource.create({"service.name": program, "service.namespace": "ev-charging"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(Exporter(url), schedule_delay_millis=_SEND_EVERY_MS))
        tracer = self._provider.get_tracer("ev-charging")

        def begin(message: Message, kind: Kind, came_with: str | None, parent: Span | None) -> Span:
            return _begin(tracer, message, kind, came_with, parent)

        tracing.switch_on(begin)

    def close(self) -> None:
        """Send what is left, but do not wait long for a collector that is away."""
        tracing.switch_off()
        last = threading.Thread(target=self._provider.shutdown, name="last traces", daemon=True)
        last.start()
        last.join(_FLUSH_WITHIN_S)


def _begin(tracer: Tracer, message: Message, kind: Kind, came_with: str | None, parent: Span | None) -> Span:
    story = {f"ev.{name}": value for name, value in about(message).items()}
    context = _READ.extract({"traceparent": came_with}) if came_with is not None else None
    made = tracer.start_span(message.type, context=context, kind=SpanKind[kind], attributes=story)

    def end(failure: str | None) -> None:
        if failure is not None:
            made.set_status(Status(StatusCode.ERROR, failure))
        made.end()

    carrier: dict[str, str] = {}
    _READ.inject(carrier, set_span_in_context(made))
    return Span(carrier.get("traceparent", ""), end, parent)
