// Connects to each of WAYS (JSON: name to URL) and prints which of them took the connection, as one line of JSON.
import http from 'k6/http';
import { sleep } from 'k6';

// A policy may become effective some seconds after its pod: what got through in any round got through.
const ROUNDS = 3;
// k6's error codes for what ended before there was a connection: the time was over, DNS, no answer, a refusal.
const NO_CONNECTION = [1050, 1100, 1101, 1110, 1111, 1200, 1202, 1210, 1211, 1212, 1213];

export const options = { vus: 1, iterations: 1, batch: 20, batchPerHost: 20 };

export default function () {
  const ways = JSON.parse(__ENV.WAYS);
  const names = Object.keys(ways);
  const reached = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const left = names.filter((name) => !reached[name]);
    const answers = http.batch(left.map((name) => ({ method: 'POST', url: ways[name], params: { timeout: '4s' } })));
    left.forEach((name, index) => {
      const answer = answers[index];
      if (!NO_CONNECTION.includes(answer.error_code)) {
        reached[name] = answer.status ? `HTTP ${answer.status}` : `error ${answer.error_code}`;
      }
    });
    sleep(1);
  }
  console.log(`reached ${JSON.stringify(reached)}`);
}

export function handleSummary() {
  return {};
}
