// Engine `xk6-client-tracing`: the extension makes the spans and exports them by OTLP/gRPC. `push()` only hands a trace
// to the exporter: what is counted here is what was handed over, and delivery is for Tempo to prove.
import tracing from 'k6/x/tracing';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { constantRate, loadFlows, pickFlow, summaryLine } from './topology.js';

const flows = loadFlows(open('./topology.json'));
const tracesSent = new Counter('traces_sent');
const spansSent = new Counter('spans_sent');
const spansFailed = new Counter('spans_failed');

export const options = constantRate(__ENV);

// Only `tls.insecure` counts; a top-level `insecure` is ignored by the extension.
const client = new tracing.Client({
  endpoint: __ENV.OTLP_GRPC_ENDPOINT,
  exporter: tracing.EXPORTER_OTLP,
  tls: { insecure: true },
});
const generators = flows.map((flow) => ({
  healthy: new tracing.TemplatedGenerator(template(flow.spans, -1)),
  failing: flow.spans
    .map((span, index) => ({ index, rate: span.errorRate }))
    .filter((span) => span.rate > 0)
    .map((span) => ({ rate: span.rate, generator: new tracing.TemplatedGenerator(template(flow.spans, span.index)) })),
}));

export default function () {
  const flow = pickFlow(flows, Math.random());
  const { healthy, failing } = generators[flows.indexOf(flow)];
  const fault = failing.find((candidate) => Math.random() < candidate.rate);
  try {
    client.push((fault ? fault.generator : healthy).traces());
    tracesSent.add(1);
    spansSent.add(flow.spans.length);
  } catch (error) {
    spansFailed.add(flow.spans.length);
    console.error(`push failed: ${error}`);
  }
}

// The exporters of the load VUs drain in the background: leave them the time.
export function teardown() {
  sleep(5);
}

export function handleSummary(data) {
  return summaryLine(data, __ENV.RUN_ID);
}

// One span fails and, with it, everything above it: the extension derives a span's status from its HTTP status code.
function template(spans, failed) {
  const broken = new Set();
  for (let i = failed; i >= 0; i = spans[i].parent) broken.add(i);
  return {
    defaults: { resource: { attributes: { 'service.namespace': 'shop', 'tracing.run.id': __ENV.RUN_ID } } },
    spans: spans.map((span, index) => ({
      service: span.service,
      name: span.name,
      ...(span.parent < 0 ? {} : { parentIdx: span.parent }),
      duration: total(spans, index),
      attributeSemantics: isDatabase(span) ? undefined : tracing.SEMANTICS_HTTP,
      attributes: {
        ...span.attributes,
        'span.kind': span.kind,
        ...(isDatabase(span) ? {} : { 'http.status_code': broken.has(index) ? 500 : 200 }),
      },
    })),
  };
}

function isDatabase(span) {
  return 'db.system' in span.attributes;
}

// The extension wants whole durations: own work and everything below.
function total(spans, index) {
  const children = spans.map((_, i) => i).filter((i) => spans[i].parent === index);
  const sums = children.map((i) => total(spans, i));
  return {
    min: sums.reduce((sum, child) => sum + child.min, spans[index].selfMs[0]),
    max: sums.reduce((sum, child) => sum + child.max, spans[index].selfMs[1]),
  };
}
