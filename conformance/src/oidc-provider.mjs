// Starts a real OpenID Connect provider on loopback, and walks a user through it.

import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './environment.mjs';
import { freePort, startServer } from './process.mjs';
import { BASE_URL } from './settings.mjs';

const PROGRAM = fileURLToPath(new URL('./oidc-provider-server.mjs', import.meta.url));

/** The client that the servers are at the provider. */
export const CLIENT = { clientId: 'conformance', clientSecret: 'the secret of conformance' };

/** The id under which the servers know the provider. */
export const PROVIDER_ID = 'oidc';

/** Starts the provider. `redirectUris` are the servers' callbacks. */
export async function startOidcProvider({ redirectUris = [`${BASE_URL}/callback/${PROVIDER_ID}`] } = {}) {
  const port = await freePort();
  const clients = [
    {
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
      redirect_uris: redirectUris,
      post_logout_redirect_uris: redirectUris.map((uri) => new URL('/bye', uri).href),
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ];
  const env = cleanEnvironment({ OIDC_SETTINGS: JSON.stringify({ port, clients }) });
  const server = await startServer(process.execPath, [PROGRAM], env, async (child) =>
    child.output().includes('listening'),
  );
  const issuer = `http://localhost:${port}`;
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    output: server.output,
    stop: server.stop,
    /** Changes what the provider tells of the user `name`: `email`, `email_verified`, `name`, `picture`. */
    async tell(name, claims) {
      await fetch(`${issuer}/accounts/${encodeURIComponent(name)}`, { method: 'PUT', body: JSON.stringify(claims) });
    },
    authorize: (url) => authorize(issuer, url),
  };
}

/**
 * Walks a user from the URL of a server's authorization request through the provider; returns the URL of the server's
 * callback to which the provider sends them.
 */
async function authorize(issuer, start) {
  const cookies = new Map();
  let url = new URL(start);
  for (let hop = 0; hop < 10; hop++) {
    if (url.origin !== issuer) return url.href;
    const header = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie: header } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (!location) throw new Error(`the provider answers ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  throw new Error(`the provider sends the user round and round: ${url}`);
}
