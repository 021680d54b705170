// Engine `xk6-client-tracing`: the extension makes the spans and exports them by OTLP/gRPC. `push()` only hands a trace
// to the exporter: what is counted here is what was handed over, and delivery is for Tempo to prove.
import tracing from 'k6/x/tracing';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { exceptionOf, headersFrom, httpStatus, isLater, pickFlow, resourceOf, summaryLine, tagsOf } from './common.js';

const topology = JSON.parse(open('./topology.json'));
const tracesSent = new Counter('traces_sent');
const spansSent = new Counter('spans_sent');
const spansFailed = new Counter('spans_failed');

export const options = { ...JSON.parse(open('./load.json')), tags: tagsOf(__ENV) };

// Only `tls.insecure` counts; a top-level `insecure` is ignored by the extension. Authorities: SSL_CERT_FILE.
const client = new tracing.Client({
  endpoint: __ENV.OTLP_GRPC_ENDPOINT,
  exporter: tracing.EXPORTER_OTLP,
  tls: { insecure: __ENV.OTLP_GRPC_TLS !== 'true', ...clientCertificate(__ENV.OTLP_CLIENT_CERTIFICATE) },
  headers: headersFrom(__ENV),
});
const generators = topology.flows.map((flow) => ({
  usual: generator(flow.spans, {}),
  rare: rareCases(flow.spans).map(({ rate, what }) => ({ rate, generator: generator(flow.spans, what) })),
}));

export default function () {
  const flow = pickFlow(topology.flows, Math.random());
  const { usual, rare } = generators[topology.flows.indexOf(flow)];
  const chosen = rare.find((candidate) => Math.random() < candidate.rate);
  try {
    client.push((chosen ? chosen.generator : usual).traces());
    tracesSent.add(1);
    spansSent.add(flow.spans.length);
  } catch (error) {
    spansFailed.add(flow.spans.length);
    console.error(`push failed: ${error}`);
  }
}

function clientCertificate(folder) {
  return folder ? { cert_file: `${folder}/tls.crt`, key_file: `${folder}/tls.key` } : {};
}

// The exporters of the load VUs drain in the background: leave them the time.
export function teardown() {
  sleep(5);
}

export function handleSummary(data) {
  return summaryLine(data, __ENV);
}

// A template is fixed, so what happens now and then has a template of its own: one span that fails, or is slow.
function rareCases(spans) {
  const failing = spans.map((span, index) => ({ rate: span.errorRate, what: { failed: index } }));
  const slow = spans.map((span, index) => ({ rate: span.slow ? span.slow.rate : 0, what: { slow: index } }));
  return failing.concat(slow).filter((candidate) => candidate.rate > 0);
}

function generator(spans, what) {
  return new tracing.TemplatedGenerator({ spans: spans.map((_, index) => spanTemplate(spans, index, what)) });
}

// The extension derives a span's status from its HTTP status code, of server spans and of the client spans above them.
function spanTemplate(spans, index, what) {
  const span = spans[index];
  const failed = what.failed !== undefined && failsWith(spans, what.failed).has(index);
  return {
    service: span.service,
    name: span.name,
    ...(span.parent < 0 ? {} : { parentIdx: span.parent }),
    duration: wholeRange(total(spans, index, what)),
    ...(isDatabase(span) ? {} : { attributeSemantics: tracing.SEMANTICS_HTTP }),
    attributes: {
      ...span.attributes,
      ...httpStatus(span, failed),
      'span.kind': span.kind,
      ...(span.kind === 'server' ? { 'http.response.status_code': failed ? 500 : 200 } : {}),
    },
    resource: { attributes: resourceOf(topology, span.service, __ENV) },
    ...(what.failed === index ? { events: [{ name: 'exception', attributes: exceptionOf(span) }] } : {}),
    // The extension links to the parent.
    ...(isLater(span) ? { links: [{ attributes: {} }] } : {}),
  };
}

// The span that fails and everything that waits for it.
function failsWith(spans, failed) {
  const broken = new Set();
  for (let i = failed; i >= 0; i = isLater(spans[i]) ? -1 : spans[i].parent) broken.add(i);
  return broken;
}

function isDatabase(span) {
  return 'db.system' in span.attributes;
}

// The extension wants whole durations: own work and everything below that is waited for.
function total(spans, index, what) {
  const factor = what.slow === index ? spans[index].slow.factor : 1;
  const own = spans[index].selfMs.map((end) => end * factor);
  return spans
    .map((_, i) => i)
    .filter((i) => spans[i].parent === index && !isLater(spans[i]))
    .map((i) => total(spans, i, what))
    .reduce((sum, below) => [sum[0] + below[0], sum[1] + below[1]], own);
}

// Whole milliseconds, and a range that is not empty.
function wholeRange([shortest, longest]) {
  const min = Math.round(shortest);
  return { min, max: Math.max(min + 1, Math.round(longest)) };
}
