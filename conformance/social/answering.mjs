// A network that repeats answers, and keeps what better-auth's code asks it.

/** The headers that are kept of a request. */
const HEADERS = ['accept', 'authorization', 'content-type', 'notion-version', 'user-agent'];

/** An id token with these claims, of which nobody verifies the signature. */
export function idToken(claims) {
  const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${base64url({ alg: 'RS256' })}.${base64url(claims)}.c2lnbmF0dXJl`;
}

/** Runs `action` with a network that gives `answers` in their order, and returns what it was asked. */
export async function answering(answers, action) {
  const requests = [];
  const left = [...answers];
  const original = globalThis.fetch;
  globalThis.fetch = async (url, init = {}) => {
    const headers = new Headers(init.headers);
    requests.push({
      method: init.method ?? 'GET',
      url: String(url),
      headers: Object.fromEntries(HEADERS.filter((name) => headers.has(name)).map((name) => [name, headers.get(name)])),
      body: init.body ? String(init.body) : null,
    });
    if (left.length === 0) throw new Error(`nothing is known of ${url}`);
    return response(left.shift());
  };
  try {
    return { result: await action(), requests };
  } finally {
    globalThis.fetch = original;
  }
}

function response(answer) {
  if (answer.bytes) return new Response(answer.bytes, { headers: { 'content-type': 'image/jpeg' } });
  const { status = 200, body = answer } = typeof answer.status === 'number' ? answer : {};
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}
