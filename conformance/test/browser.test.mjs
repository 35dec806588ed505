// Two real frontends, made with better-auth's clients for React and Vue, in headless Chromium, on another origin than
// the API: against the server under test, and, to show that the journey is a fair one, against better-auth.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { MAIL } from '../src/callbacks.mjs';
import { startCorsProxy } from '../src/cors-proxy.mjs';
import { requiredEnvironment } from '../src/environment.mjs';
import { buildFrontend, serveFrontend } from '../src/frontend.mjs';
import { journey } from '../src/journey.mjs';
import { CLIENT, PROVIDER_ID, startOidcProvider } from '../src/oidc-provider.mjs';
import { startOurs } from '../src/ours.mjs';
import { freePort } from '../src/process.mjs';
import { startReference } from '../src/reference.mjs';

const SCREENSHOTS = fileURLToPath(new URL('../logs/screenshots/', import.meta.url));

const options = (origin, discoveryUrl) => ({
  rateLimit: { enabled: false },
  trustedOrigins: [origin],
  emailAndPassword: { enabled: true, requireEmailVerification: true, sendResetPassword: MAIL },
  emailVerification: { sendVerificationEmail: MAIL, autoSignInAfterVerification: true },
  user: { deleteUser: { enabled: true, sendDeleteAccountVerification: MAIL } },
  plugins: {
    genericOAuth: {
      config: [{ providerId: PROVIDER_ID, discoveryUrl, ...CLIENT, scopes: ['openid', 'email', 'profile'] }],
    },
  },
});

let browser;
before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: requiredEnvironment('CHROMIUM_BIN'),
    // Containers have neither the namespaces of the sandbox nor much shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
});
after(() => browser?.close());

for (const frontend of ['react', 'vue']) {
  describe(`the ${frontend} frontend`, () => {
    before(() => buildFrontend(frontend));

    for (const kind of ['ours', 'reference']) {
      test(`against ${kind}`, async (t) => {
        const surroundings = await start(kind, frontend);
        t.after(() => surroundings.stop());
        const page = await openPage();
        const complaints = listen(page);
        t.after(() => page.context().close());
        let shots = 0;
        const step = (name, run) =>
          t.test(name, async () => {
            try {
              await run();
            } finally {
              const number = String((shots += 1)).padStart(2, '0');
              await page.screenshot({ path: `${SCREENSHOTS}${kind}-${frontend}-${number}.png`, fullPage: true });
            }
          });
        await journey(step, { page, ...surroundings });
        await t.test('the browser blocks nothing and no script fails', () => assert.deepEqual(complaints, []));
      });
    }
  });
}

async function openPage() {
  const context = await browser.newContext({ viewport: { width: 900, height: 760 } });
  return context.newPage();
}

/** Collects what the browser itself complains about; statuses of errors are part of the journey. */
function listen(page) {
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/the server responded with a status of 40[0-9]/.test(text))
      complaints.push(text);
  });
  return complaints;
}

/** The frontend, the API on another port, and an identity provider. */
async function start(kind, frontend) {
  const [apiPort, pagePort] = [await freePort(), await freePort()];
  const baseURL = `http://localhost:${apiPort}/api`;
  const origin = `http://localhost:${pagePort}`;
  const stops = [];
  const started = async (thing) => {
    const { stop } = await thing;
    stops.unshift(stop);
    return thing;
  };
  try {
    const provider = await started(startOidcProvider({ redirectUris: [`${baseURL}/callback/${PROVIDER_ID}`] }));
    const settings = { options: options(origin, provider.discoveryUrl), baseURL };
    const server = await started(
      kind === 'ours' ? startOurs({ ...settings, port: apiPort }) : startReference(settings),
    );
    if (kind === 'reference') await started(startCorsProxy(apiPort, server.port, origin));
    await started(serveFrontend(frontend, pagePort, baseURL));
    return { server, origin, stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function stopAll(stops) {
  for (const stop of stops) await stop();
}
