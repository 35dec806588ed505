// The unmodified better-auth client with what a browser gives it: cookies, an origin, and redirects on a click.

import { createAuthClient } from 'better-auth/client';
import { CookieJar } from '../src/cookies.mjs';

/** Makes browsers for a server, and remembers which paths of its API they called. */
export class Browsers {
  #server;
  /** `METHOD /path` of every call that a client made, without the mount path. */
  calls = new Set();

  constructor(server) {
    this.#server = server;
  }

  /** `{client, jar, visit}`: `visit(url)` follows one link, as a click would, and returns where it leads. */
  open = () => {
    const jar = new CookieJar();
    const { baseURL } = this.#server;
    const fetchWithCookies = async (input, init = {}) => {
      const headers = new Headers(init.headers);
      if (jar.header()) headers.set('cookie', jar.header());
      headers.set('origin', new URL(baseURL).origin);
      const response = await fetch(input, { ...init, headers });
      jar.store(response.headers.getSetCookie().map((line) => ['set-cookie', line]));
      return response;
    };
    const customFetchImpl = (input, init) => {
      const { pathname } = new URL(input);
      this.calls.add(`${init.method} ${pathname.slice(new URL(baseURL).pathname.length)}`);
      return fetchWithCookies(input, init);
    };
    return {
      client: createAuthClient({ baseURL, fetchOptions: { customFetchImpl } }),
      jar,
      visit: async (url) => (await fetchWithCookies(url, { redirect: 'manual' })).headers.get('location'),
    };
  };
}
