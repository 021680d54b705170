// From the topology as people write it (operations that call each other) to the spans of one trace, for both engines.
//
// A flow is one kind of request: `{name, weight, spans: [{id, parent, service, name, kind, self_ms, error_rate,
// attributes}]}`. Every call that crosses a service becomes two spans, as real instrumentation makes them: a client span
// in the caller and a server span in the callee. A `database` operation is a client span with nothing behind it.

export function loadFlows(text) {
  const flows = JSON.parse(text).map((flow) => ({ name: flow.name, weight: flow.weight || 1, spans: expand(flow) }));
  const total = flows.reduce((sum, flow) => sum + flow.weight, 0);
  let from = 0;
  for (const flow of flows) {
    from += flow.weight / total;
    flow.upTo = from;
  }
  return flows;
}

export function pickFlow(flows, random) {
  return flows.find((flow) => random < flow.upTo) || flows[flows.length - 1];
}

// Parents stand before their children, so that one pass from the front (starts) and one from the back (ends) are enough.
function expand(flow) {
  const spans = [];
  const indexOf = {};
  for (const op of flow.spans) {
    let parent = op.parent === undefined ? -1 : indexOf[op.parent];
    const caller = parent < 0 ? null : spans[parent];
    const attributes = op.attributes || {};
    if (caller && op.kind !== 'database' && caller.service !== op.service) {
      spans.push({ service: caller.service, name: op.name, kind: 'client', parent, selfMs: [1, 3], errorRate: 0,
        attributes: { ...attributes, 'peer.service': op.service } });
      parent = spans.length - 1;
    }
    const kind = { database: 'client', internal: 'internal' }[op.kind] || 'server';
    spans.push({ service: op.service, name: op.name, kind, parent, selfMs: op.self_ms || [1, 10],
      errorRate: op.error_rate || 0, attributes });
    indexOf[op.id] = spans.length - 1;
  }
  return spans;
}

// The end-of-run report: one line of JSON on standard output, found by its first word.
export function summaryLine(data, runId) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  const report = {
    run_id: runId,
    traces_sent: count('traces_sent'),
    spans_sent: count('spans_sent'),
    spans_failed: count('spans_failed'),
    dropped_iterations: count('dropped_iterations'),
    seconds: Math.round(data.state.testRunDurationMs) / 1000,
  };
  return { stdout: `k8s-tracing-summary ${JSON.stringify(report)}\n` };
}

// A controlled rate, whatever the answers take. `RATE` is traces a second.
export function constantRate(env) {
  const rate = Number(env.RATE);
  return {
    scenarios: {
      shop: {
        executor: 'constant-arrival-rate',
        rate: Math.max(1, Math.round(rate * 60)),
        timeUnit: '1m',
        duration: env.DURATION,
        preAllocatedVUs: Math.max(1, Math.ceil(rate / 10)),
        maxVUs: Math.max(10, Math.ceil(rate * 2)),
        gracefulStop: '10s',
      },
    },
  };
}
