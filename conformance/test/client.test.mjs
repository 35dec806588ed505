// The unmodified better-auth client drives the server, as a browser would.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { betterAuth } from 'better-auth';
import { accounts } from '../client/accounts.mjs';
import { Browsers } from '../client/browser.mjs';
import { life } from '../client/life.mjs';
import { mail } from '../client/mail.mjs';
import { sessionStore } from '../client/session-store.mjs';
import { MAIL } from '../src/callbacks.mjs';
import { CLIENT, PROVIDER_ID, startOidcProvider } from '../src/oidc-provider.mjs';
import { startOurs } from '../src/ours.mjs';
import { freePort } from '../src/process.mjs';
import { startReference } from '../src/reference.mjs';
import { SECRET } from '../src/settings.mjs';

/** Endpoints to which links and forms lead, and no method of the client. */
const NOT_CALLED = [
  'GET /callback/:id',
  'POST /callback/:id',
  'GET /reset-password/:token',
  'GET /error',
  'GET /ok',
  // Only with session.deferSessionRefresh.
  'POST /get-session',
  // Only on the server.
  'POST /set-password',
];

const options = (discoveryUrl) => ({
  rateLimit: { enabled: false },
  emailAndPassword: { enabled: true, sendResetPassword: MAIL },
  emailVerification: { sendVerificationEmail: MAIL },
  user: { changeEmail: { enabled: true }, deleteUser: { enabled: true, sendDeleteAccountVerification: MAIL } },
  plugins: {
    genericOAuth: {
      config: [{ providerId: PROVIDER_ID, discoveryUrl, ...CLIENT, scopes: ['openid', 'email', 'profile'] }],
    },
  },
});

for (const start of [startOurs, startReference]) {
  describe(start === startOurs ? 'the server under test' : 'better-auth, which shows that the tests are fair', () => {
    let provider;
    let server;
    let browsers;
    before(async () => {
      const port = await freePort();
      const baseURL = `http://localhost:${port}/api`;
      provider = await startOidcProvider({ redirectUris: [`${baseURL}/callback/${PROVIDER_ID}`] });
      server = await start({ options: options(provider.discoveryUrl), baseURL, port });
      browsers = new Browsers(server);
    });
    after(() => Promise.all([server?.stop(), provider?.stop()]));

    const context = () => ({ browser: browsers.open, server, provider });

    test('the life of an account, through the client', (t) => life(t, context()));
    test('mails, through the client', (t) => mail(t, context()));
    test('accounts of providers, through the client', (t) => accounts(t, context()));
    test('useSession follows sign-in and sign-out', () => sessionStore(context()));

    test('the client has called every endpoint of the core that is its to call', () => {
      const core = Object.values(betterAuth({ secret: SECRET, baseURL: server.baseURL }).api)
        .filter(({ path }) => path)
        .flatMap(({ path, options: { method } }) => [method].flat().map((name) => `${name} ${path}`));
      const missing = core.filter((endpoint) => !browsers.calls.has(endpoint) && !NOT_CALLED.includes(endpoint));
      assert.deepEqual(missing, []);
    });
  });
}
