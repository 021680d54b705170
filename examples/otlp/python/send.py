"""Sends one trace by OTLP, and prints its id: pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http

The endpoint and the service's name come from the environment: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
"""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("example")

with tracer.start_as_current_span("checkout") as span:
    span.set_attribute("order.items", 3)
    with tracer.start_as_current_span("payment"):
        pass
    print(trace.format_trace_id(span.get_span_context().trace_id))

# Before a program ends: what waits in its queue is sent.
provider.shutdown()
