// What the engines share, and what a script of your own may import: `import { ... } from './common.js'`.
//
// topology.json: `{flows: [{name, upTo, spans: [{service, name, kind, parent, selfMs, errorRate, slow, attributes}]}],
// resources: {service: {attribute: value}}}`. `upTo` is the flow's share added to those before it; `parent` is a place in
// `spans`, -1 for the root; parents stand before their children. load.json: the options of k6, with the rate in them.

export function pickFlow(flows, random) {
  return flows.find((flow) => random < flow.upTo) || flows[flows.length - 1];
}

export function resourceOf(topology, service, env) {
  return { ...topology.resources[service], 'tracing.run.id': env.RUN_ID };
}

// The headers as they are given, and those whose value lies in a Secret (header name to environment variable).
export function headersFrom(env) {
  const headers = JSON.parse(env.OTLP_HEADERS || '{}');
  const secret = JSON.parse(env.OTLP_SECRET_HEADERS || '{}');
  Object.keys(secret).forEach((name) => {
    headers[name] = env[secret[name]];
  });
  return headers;
}

// The HTTP status that goes with a span, for spans of HTTP requests.
export function httpStatus(span, failed) {
  return 'http.request.method' in span.attributes ? { 'http.response.status_code': failed ? 500 : 200 } : {};
}

// Labels of k6's own metrics: several pods of a run each have series of their own.
export function tagsOf(env) {
  return { run_id: env.RUN_ID, pod: env.HOSTNAME || '' };
}

export function exceptionOf(span) {
  return { 'exception.type': `${span.service}.RequestError`, 'exception.message': `${span.name} failed` };
}

// A message is taken up later: whoever sent it neither waits for it nor fails with it.
export function isLater(span) {
  return span.kind === 'consumer' && span.parent >= 0;
}

// The end-of-run report: one line of JSON on standard output, found by its first word. It counts by the metrics
// traces_sent, spans_sent and spans_failed (Counters).
export function summaryLine(data, env) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  const report = {
    run_id: env.RUN_ID,
    instance: env.HOSTNAME || '',
    traces_sent: count('traces_sent'),
    spans_sent: count('spans_sent'),
    spans_failed: count('spans_failed'),
    dropped_iterations: count('dropped_iterations'),
    seconds: Math.round(data.state.testRunDurationMs) / 1000,
  };
  return { stdout: `k8s-tracing-summary ${JSON.stringify(report)}\n` };
}
