// Sends one trace by OTLP, and prints its id: mvn -q compile exec:java
//
// The endpoint and the service's name come from the environment: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;

public class Send {
  public static void main(String[] arguments) {
    OpenTelemetrySdk sdk = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
    Tracer tracer = sdk.getTracer("example");

    Span checkout = tracer.spanBuilder("checkout").startSpan();
    checkout.setAttribute("order.items", 3);
    try (Scope scope = checkout.makeCurrent()) {
      tracer.spanBuilder("payment").startSpan().end();
    }
    checkout.end();
    System.out.println(checkout.getSpanContext().getTraceId());

    // Before a program ends: what waits in its queue is sent.
    sdk.close();
  }
}
