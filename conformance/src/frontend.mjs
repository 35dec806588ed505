// The two frontends: built by Vite as they would be shipped, served on an origin of their own.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const FRONTENDS = fileURLToPath(new URL('../frontends/', import.meta.url));
const TYPES = { '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' };

/** Builds the frontend of that name. */
export async function buildFrontend(name) {
  await build({ root: path.join(FRONTENDS, name), logLevel: 'error' });
}

/** Serves a built frontend on `port`; it calls the API at `authUrl`. Every path without a file is the page. */
export async function serveFrontend(name, port, authUrl) {
  const files = path.join(FRONTENDS, name, 'dist');
  const page = (await readFile(path.join(files, 'index.html'), 'utf8')).replace('__AUTH_URL__', authUrl);
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const type = TYPES[path.extname(pathname)];
    if (!type) return response.writeHead(200, { 'content-type': TYPES['.html'] }).end(page);
    const content = await readFile(path.join(files, path.normalize(pathname))).catch(() => null);
    response.writeHead(content ? 200 : 404, { 'content-type': type }).end(content);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://localhost:${port}`, stop: () => closeServer(server) };
}

/** Closes an HTTP server and the connections that browsers keep open. */
export async function closeServer(server) {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
