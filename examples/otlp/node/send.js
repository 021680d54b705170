// Sends one trace by OTLP, and prints its id: npm install && node send.js
//
// The endpoint and the service's name come from the environment: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
const { trace } = require("@opentelemetry/api");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");

const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
sdk.start();
const tracer = trace.getTracer("example");

tracer.startActiveSpan("checkout", (checkout) => {
  checkout.setAttribute("order.items", 3);
  tracer.startActiveSpan("payment", (payment) => payment.end());
  checkout.end();
  console.log(checkout.spanContext().traceId);
});

// Before a program ends: what waits in its queue is sent.
sdk.shutdown();
