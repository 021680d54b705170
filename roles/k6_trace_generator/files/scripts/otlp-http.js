// Engine `otlp-http`: stock k6 posts OTLP/JSON. What the receiver answered 200 to counts as sent, nothing else.
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { exceptionOf, headersFrom, httpStatus, isLater, pickFlow, resourceOf, summaryLine, tagsOf } from './common.js';

const topology = JSON.parse(open('./topology.json'));
const tracesSent = new Counter('traces_sent');
const spansSent = new Counter('spans_sent');
const spansFailed = new Counter('spans_failed');

// Where the endpoint wants to see a certificate.
const certificates = __ENV.OTLP_CLIENT_CERTIFICATE
  ? [{ cert: open(`${__ENV.OTLP_CLIENT_CERTIFICATE}/tls.crt`), key: open(`${__ENV.OTLP_CLIENT_CERTIFICATE}/tls.key`) }]
  : [];
export const options = { ...JSON.parse(open('./load.json')), tags: tagsOf(__ENV), tlsAuth: certificates };

const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const ERROR = 2;
const SKEW_MS = Number(__ENV.CLOCK_SKEW_SECONDS || 0) * 1000;
// The wait between the end of a message's sending and its taking up.
const QUEUE_MS = 2;
const request = { headers: { ...headersFrom(__ENV), 'Content-Type': 'application/json' }, timeout: '10s' };

export default function () {
  const flow = pickFlow(topology.flows, Math.random());
  const answer = http.post(`${__ENV.OTLP_HTTP_ENDPOINT}/v1/traces`, JSON.stringify(otlpTrace(flow.spans)), request);
  const rejected = answer.status === 200 ? rejectedSpans(answer) : flow.spans.length;
  spansSent.add(flow.spans.length - rejected);
  spansFailed.add(rejected);
  tracesSent.add(rejected === 0 ? 1 : 0);
}

export function handleSummary(data) {
  return summaryLine(data, __ENV);
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
      resource: { attributes: attributes(resourceOf(topology, service, __ENV)) },
      scopeSpans: [{ scope: { name: 'k8s-tracing' }, spans: byService[service] }],
    })),
  };
}

function otlpSpan(span, spans, traceId) {
  const parent = span.parent < 0 ? null : spans[span.parent];
  const end = span.start + span.duration;
  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: parent ? parent.spanId : '',
    name: span.name,
    kind: KIND[span.kind],
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributes({ ...span.attributes, ...httpStatus(span, span.failed) }),
    status: span.failed ? { code: ERROR, message: `${span.name} failed` } : {},
    events: span.cause
      ? [{ name: 'exception', timeUnixNano: nanoseconds(end), attributes: attributes(exceptionOf(span)) }]
      : [],
    links: isLater(span) ? [{ traceId, spanId: parent.spanId }] : [],
  };
}

// A span lasts as long as its own work and the calls it makes, one after another; it fails when a call it makes fails.
function timed(template) {
  const spans = template.map((span) => {
    const cause = Math.random() < span.errorRate;
    return { ...span, duration: ownWork(span), cause, failed: cause };
  });
  for (let i = spans.length - 1; i > 0; i--) {
    const parent = spans[spans[i].parent];
    if (isLater(spans[i])) continue;
    parent.duration += spans[i].duration;
    parent.failed = parent.failed || spans[i].failed;
  }
  spans[0].start = 0;
  const next = spans.map(() => 0);
  for (let i = 1; i < spans.length; i++) {
    const parent = spans[i].parent;
    if (isLater(spans[i])) {
      spans[i].start = spans[parent].start + spans[parent].duration + QUEUE_MS;
      continue;
    }
    // Half a millisecond in, so that the start shows in a waterfall.
    spans[i].start = spans[parent].start + 0.5 + next[parent];
    next[parent] += spans[i].duration;
  }
  // The trace ends now.
  const origin = Date.now() + SKEW_MS - Math.max(...spans.map((span) => span.start + span.duration));
  return spans.map((span) => ({ ...span, start: origin + span.start }));
}

function ownWork(span) {
  const slow = span.slow && Math.random() < span.slow.rate ? span.slow.factor : 1;
  return slow * (span.selfMs[0] + Math.random() * (span.selfMs[1] - span.selfMs[0]));
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
  if (Array.isArray(value)) return { arrayValue: { values: value.map(attributeValue) } };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: String(value) };
}
