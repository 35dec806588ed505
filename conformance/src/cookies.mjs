// Cookies as better-auth writes them, and jars that keep them as a browser would.

import { createHmac } from 'node:crypto';

/** Splits a Set-Cookie line into name, raw value and its attributes in the order of the wire. */
export function parseSetCookie(line) {
  const [pair, ...attributes] = line.split('; ');
  const equals = pair.indexOf('=');
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1), attributes };
}

/** `value` signed as better-auth does: `value.base64(HMAC-SHA256)`, percent-encoded. */
export function signCookie(value, secret) {
  const signature = createHmac('sha256', secret).update(value).digest('base64');
  return encodeURIComponent(`${value}.${signature}`);
}

/** The cookies of one imaginary browser. */
export class CookieJar {
  #cookies = new Map();

  /** Takes over what a response sets or expires. */
  store(headers) {
    for (const [name, line] of headers) {
      if (name !== 'set-cookie') continue;
      const cookie = parseSetCookie(line);
      if (cookie.attributes.includes('Max-Age=0')) this.#cookies.delete(cookie.name);
      else this.#cookies.set(cookie.name, cookie.value);
    }
  }

  /** The value of a Cookie header, or undefined when the jar is empty. */
  header() {
    const list = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    return list.length > 0 ? list.join('; ') : undefined;
  }

  /** The raw value of the cookie whose name ends with `suffix`. */
  raw(suffix) {
    const found = [...this.#cookies].find(([name]) => name.endsWith(suffix));
    if (!found) throw new Error(`the jar holds no cookie …${suffix}`);
    return found[1];
  }

  /** The value of the cookie whose name ends with `suffix`, put together from its pieces; undefined if there is none. */
  whole(suffix) {
    const pieces = [...this.#cookies].filter(([name]) => name.replace(/\.\d+$/, '').endsWith(suffix));
    return pieces.length > 0 ? pieces.map(([, value]) => value).join('') : undefined;
  }

  /** The session token that the jar holds, without its signature. */
  token() {
    const signed = decodeURIComponent(this.raw('session_token'));
    return signed.slice(0, signed.lastIndexOf('.'));
  }
}
