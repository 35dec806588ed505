// What better-auth leaves to its host: Cross-Origin Resource Sharing, added by a proxy in front of it.

import { once } from 'node:events';
import http from 'node:http';
import { closeServer } from './frontend.mjs';

/** Listens on `port`, passes everything on to `target`, and lets `origin` call with credentials. */
export async function startCorsProxy(port, target, origin) {
  const server = http.createServer((request, response) => {
    const allowed = request.headers.origin === origin;
    if (allowed) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
      response.setHeader('vary', 'origin');
    }
    if (allowed && request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-methods', 'GET, POST');
      response.setHeader('access-control-allow-headers', 'content-type');
      return response.writeHead(204).end();
    }
    const { method, url, headers } = request;
    const onward = http.request({ host: '127.0.0.1', port: target, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { stop: () => closeServer(server) };
}
