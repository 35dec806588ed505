// Requests that end a bare better-auth process, so that they cannot be compared: they are answered, and
// the server lives on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { send } from '../src/http.mjs';
import { startOurs } from '../src/ours.mjs';

let server;
before(async () => {
  server = await startOurs({ options: { emailAndPassword: { enabled: true } } });
});
after(() => server?.stop());

/** Sends a request line with a Host header and returns the status of the answer. */
async function statusOf(requestLine) {
  const socket = net.connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${requestLine}\r\nHost: localhost:8100\r\nConnection: close\r\n\r\n`);
  const chunks = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(Buffer.concat(chunks).toString())?.[1]);
}

const requests = [
  { name: 'TRACE', line: 'TRACE /api/ok HTTP/1.1', statuses: [404] },
  { name: 'OPTIONS *', line: 'OPTIONS * HTTP/1.1', statuses: [404] },
  { name: 'CONNECT', line: 'CONNECT localhost:8100 HTTP/1.1', statuses: [400, 404] },
  { name: 'an absolute-form target', line: 'GET http://localhost:8100/api/ok HTTP/1.1', statuses: [200, 404] },
  {
    name: 'an absolute-form target of another host',
    line: 'GET http://evil.example/api/ok HTTP/1.1',
    statuses: [200, 404],
  },
  { name: 'an absolute-form target that is no URL', line: 'GET http://[/api/ok HTTP/1.1', statuses: [400, 404] },
];

for (const { name, line, statuses } of requests) {
  test(`${name} is answered with ${statuses.join(' or ')}`, async () => {
    const status = await statusOf(line);
    assert.ok(statuses.includes(status), `answered with ${status}`);
  });
}

test('the server lives on', async () => {
  const { status } = await send(server.port, { method: 'GET', path: '/api/ok', headers: [['Host', 'localhost:8100']] });
  assert.equal(status, 200);
});
