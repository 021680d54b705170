// Engine `otlp-http`: stock k6 posts OTLP/JSON. What the receiver answered 200 to counts as sent, nothing else.
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { constantRate, loadFlows, pickFlow, summaryLine } from './topology.js';

const flows = loadFlows(open('./topology.json'));
const tracesSent = new Counter('traces_sent');
const spansSent = new Counter('spans_sent');
const spansFailed = new Counter('spans_failed');

export const options = constantRate(__ENV);

const KIND = { internal: 1, server: 2, client: 3 };
const ERROR = 2;

export default function () {
  const flow = pickFlow(flows, Math.random());
  const answer = http.post(`${__ENV.OTLP_HTTP_ENDPOINT}/v1/traces`, JSON.stringify(otlpTrace(flow.spans)), {
    headers: { 'Content-Type': 'application/json' },
    timeout: '10s',
  });
  const rejected = answer.status === 200 ? rejectedSpans(answer) : flow.spans.length;
  spansSent.add(flow.spans.length - rejected);
  spansFailed.add(rejected);
  tracesSent.add(rejected === 0 ? 1 : 0);
}

export function handleSummary(data) {
  return summaryLine(data, __ENV.RUN_ID);
}

// OTLP may take a part: 200 with `partialSuccess.rejectedSpans`.
function rejectedSpans(answer) {
  const partial = answer.body ? answer.json('partialSuccess') : undefined;
  return Number((partial && partial.rejectedSpans) || 0);
}

function otlpTrace(template) {
  const traceId = randomHex(16);
  const spans = timed(template).map((span) => ({ ...span, spanId: randomHex(8) }));
  const byService = {};
  for (const span of spans) {
    (byService[span.service] = byService[span.service] || []).push(otlpSpan(span, spans, traceId));
  }
  return {
    resourceSpans: Object.keys(byService).map((service) => ({
      resource: { attributes: attributes({ 'service.name': service, 'service.namespace': 'shop', 'tracing.run.id': __ENV.RUN_ID }) },
      scopeSpans: [{ scope: { name: 'k8s-tracing' }, spans: byService[service] }],
    })),
  };
}

function otlpSpan(span, spans, traceId) {
  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: span.parent < 0 ? '' : spans[span.parent].spanId,
    name: span.name,
    kind: KIND[span.kind],
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(span.start + span.duration),
    attributes: attributes(span.attributes),
    status: span.failed ? { code: ERROR, message: `${span.name} failed` } : {},
  };
}

// A span lasts as long as its own work and the calls it makes, one after another; it fails when a call it makes fails.
function timed(template) {
  const spans = template.map((span) => ({
    ...span,
    duration: between(span.selfMs[0], span.selfMs[1]),
    failed: Math.random() < span.errorRate,
  }));
  for (let i = spans.length - 1; i > 0; i--) {
    const parent = spans[spans[i].parent];
    parent.duration += spans[i].duration;
    parent.failed = parent.failed || spans[i].failed;
  }
  spans[0].start = Date.now() - spans[0].duration;
  const next = spans.map(() => 0);
  for (let i = 1; i < spans.length; i++) {
    const parent = spans[i].parent;
    // Half a millisecond in, so that the start shows in a waterfall.
    spans[i].start = spans[parent].start + 0.5 + next[parent];
    next[parent] += spans[i].duration;
  }
  return spans;
}

function between(low, high) {
  return low + Math.random() * (high - low);
}

// Milliseconds to a decimal string of nanoseconds: a double can't hold the 19 digits, so the last six are put behind.
function nanoseconds(milliseconds) {
  const whole = Math.floor(milliseconds);
  const rest = Math.floor((milliseconds - whole) * 1e6);
  return `${whole}${String(rest).padStart(6, '0')}`;
}

function randomHex(bytes) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, '0')).join('');
}

function attributes(map) {
  return Object.keys(map).map((key) => ({ key, value: attributeValue(map[key]) }));
}

function attributeValue(value) {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: String(value) };
}
