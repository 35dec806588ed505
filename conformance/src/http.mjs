// One HTTP/1.1 request exactly as written: nothing is added, normalised or followed.

import http from 'node:http';

/** How long a server may take to answer, in milliseconds. */
const ANSWER_LIMIT = 30_000;

/**
 * Sends `request` to a loopback port.
 *
 * `headers` is a list of `[name, value]`; `body` a string, a Buffer or undefined; `chunked` sends the
 * body without a Content-Length. Resolves to `{status, reason, headers, body}` with the headers as a
 * list of `[lower-case name, value]` in the order of the wire.
 */
export function send(port, { method, path, headers = [], body, chunked = false }) {
  return new Promise((resolve, reject) => {
    const lines = [...headers];
    const names = new Set(lines.map(([name]) => name.toLowerCase()));
    if (body !== undefined && !names.has('content-length')) {
      lines.push(chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(Buffer.byteLength(body))]);
    }
    const request = http.request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      setHost: false,
      // Only the list form keeps repeated names apart.
      headers: names.size < headers.length ? lines.flat() : Object.fromEntries(lines),
      timeout: ANSWER_LIMIT,
    });
    // Node would announce an empty chunked body where there is none.
    request.useChunkedEncodingByDefault = false;
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path} in ${ANSWER_LIMIT} ms`)));
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          reason: response.statusMessage,
          headers: pairs(response.rawHeaders),
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.end(body);
  });
}

function pairs(raw) {
  const list = [];
  for (let index = 0; index < raw.length; index += 2) {
    list.push([raw[index].toLowerCase(), raw[index + 1]]);
  }
  return list;
}
