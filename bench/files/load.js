// Many spans for little work of k6: requests are put together from ready parts, and only ids and times are new. Each has
// TRACES traces of SPANS spans. Ids come from a counter behind the pod's and the virtual user's own number.
import http from 'k6/http';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { headersFrom, summaryLine, tagsOf } from './common.js';

const tracesSent = new Counter('traces_sent');
const spansSent = new Counter('spans_sent');
const spansFailed = new Counter('spans_failed');
const TRACES = Number(__ENV.TRACES);
const SPANS = Number(__ENV.SPANS);

// Virtual users that k6 makes while it runs cost it the iterations that wait for them: all are there from the start.
const load = JSON.parse(open('./load.json'));
Object.values(load.scenarios).forEach((scenario) => Object.assign(scenario, { preAllocatedVUs: 50, maxVUs: 50 }));

export const options = { ...load, tags: tagsOf(__ENV), discardResponseBodies: true };

const request = { headers: { ...headersFrom(__ENV), 'Content-Type': 'application/json' }, timeout: '10s' };
const text = (key, value) => ({ key, value: { stringValue: value } });
const resource = JSON.stringify({
  attributes: [
    text('service.name', 'bench'),
    text('tracing.run.id', __ENV.RUN_ID),
    text('service.version', '1.0.0'),
    text('deployment.environment', 'bench'),
  ],
});
const attributes = JSON.stringify([
  text('http.request.method', 'GET'),
  text('http.route', '/catalog/items/{id}'),
  text('url.path', '/catalog/items/4711'),
  text('server.address', 'catalog.shop.svc.cluster.local'),
  text('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'),
]);
const start = Math.floor(Math.random() * 0xffffffff).toString(16).padStart(8, '0');
let count = 0;

function nextId() {
  count += 1;
  return count.toString(16).padStart(8, '0');
}

function oneTrace(own, from, to) {
  const traceId = own + own + nextId();
  const root = start + nextId();
  let spans = '';
  for (let i = 0; i < SPANS; i += 1) {
    const id = i === 0 ? root : start + nextId();
    const parent = i === 0 ? '' : root;
    spans += `${i ? ',' : ''}{"traceId":"${traceId}","spanId":"${id}","parentSpanId":"${parent}","name":"GET /catalog/items",`
      + `"kind":2,"startTimeUnixNano":"${from}","endTimeUnixNano":"${to}","attributes":${attributes}}`;
  }
  return spans;
}

export default function () {
  const own = start + exec.vu.idInTest.toString(16).padStart(4, '0');
  const now = Date.now();
  let spans = '';
  for (let i = 0; i < TRACES; i += 1) {
    spans += (i ? ',' : '') + oneTrace(own, `${now - 20}000000`, `${now}000000`);
  }
  const body = `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"spans":[${spans}]}]}]}`;
  const answer = http.post(`${__ENV.OTLP_HTTP_ENDPOINT}/v1/traces`, body, request);
  const taken = answer.status === 200;
  tracesSent.add(taken ? TRACES : 0);
  spansSent.add(taken ? TRACES * SPANS : 0);
  spansFailed.add(taken ? 0 : TRACES * SPANS);
}

export function handleSummary(data) {
  return summaryLine(data, __ENV);
}
