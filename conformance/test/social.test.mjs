// Sign-in through a real OpenID Connect provider: better-auth and the auth server show the same at each step.

import { after, before, describe as suite, test } from 'node:test';
import { describe, differences } from '../src/compare.mjs';
import { startAll } from '../src/differential.mjs';
import { CLIENT, PROVIDER_ID, startOidcProvider } from '../src/oidc-provider.mjs';
import { startOurs } from '../src/ours.mjs';
import { startReference } from '../src/reference.mjs';
import { Visit } from '../src/social.mjs';

/** Differences that every answer has: see known-differences.mjs. */
const KNOWN = ['headers.x-request-id', 'headers.content-type'];

const VERIFY_ALL = `UPDATE "user" SET "emailVerified" = true`;

/** `{configuration: {settings, provider, scenarios: {name: walk}}}`; `provider` adds to the provider's settings. */
const CONFIGURATIONS = {
  default: {
    scenarios: {
      'a new user, who comes again': async (visit) => {
        await visit.signIn({ newUserCallbackURL: '/welcome', additionalData: { mine: 1, errorURL: 'https://evil.example' } });
        await visit.get('/get-session');
        await visit.rows();
        await visit.signIn({ newUserCallbackURL: '/welcome' }, { jar: 'b' });
        await visit.rows();
      },
      'how a sign-in begins': async (visit) => {
        await visit.begin();
        await visit.begin({ disableRedirect: true });
        await visit.begin({ callbackURL: undefined });
        await visit.begin({ scopes: ['extra'], loginHint: 'bob', additionalParams: { custom: 'a b' } });
        await visit.begin({ additionalParams: { state: 'x' } });
        await visit.begin({ provider: 'nobody' });
        await visit.begin({ provider: undefined });
        await visit.begin({ provider: 1 });
        await visit.begin({ scopes: 'a' });
        await visit.begin({ idToken: {} });
        await visit.begin({ callbackURL: 'https://evil.example' });
        await visit.begin({ errorCallbackURL: '//evil.example' });
        await visit.begin({ newUserCallbackURL: 'javascript:alert(1)' });
        await visit.begin({ provider: 'google' });
        await visit.begin({ provider: 'github', loginHint: 'me' });
        await visit.begin({ provider: 'google', idToken: { token: 'no token' } });
        await visit.begin({ provider: 'github', idToken: { token: 'no token' } });
        await visit.rows();
      },
      'what can go wrong on the way back': async (visit) => {
        await visit.get(`/callback/${PROVIDER_ID}`);
        await visit.get(`/callback/${PROVIDER_ID}?code=x`);
        await visit.get(`/callback/${PROVIDER_ID}?state=unknown&code=x`);
        await visit.get(`/callback/${PROVIDER_ID}?state=a&state=b`);
        await visit.signIn({ loginHint: 'nobody', errorCallbackURL: '/oops?a=1' });
        const url = await visit.authorize(await visit.begin({ errorCallbackURL: '/oops' }));
        await visit.get(url.replace(/code=[^&]*/, 'code=wrong'));
        await visit.get(url);
        const other = await visit.authorize(await visit.begin({}));
        await visit.get(other.replace(`/callback/${PROVIDER_ID}`, '/callback/nobody'));
        const issuer = await visit.authorize(await visit.begin({}));
        await visit.get(issuer.replace(/iss=[^&]*/, 'iss=https%3A%2F%2Fevil.example'));
        const withoutCode = await visit.authorize(await visit.begin({}));
        await visit.get(withoutCode.replace(/code=[^&]*&?/, ''));
        await visit.rows();
      },
      'a state is bound to its browser': async (visit) => {
        const mine = await visit.authorize(await visit.begin({ errorCallbackURL: '/mine' }, { jar: 'a' }));
        const yours = await visit.authorize(await visit.begin({ errorCallbackURL: '/yours' }, { jar: 'b' }));
        await visit.get(yours, { jar: 'a' });
        await visit.get(mine, { jar: 'b' });
        await visit.get(mine, { jar: null });
        await visit.get(mine, { jar: 'a' });
        await visit.get(mine, { jar: 'a' });
        await visit.rows();
      },
      'a form instead of a query': async (visit) => {
        const url = new URL(await visit.authorize(await visit.begin()));
        const type = ['Content-Type', 'application/x-www-form-urlencoded'];
        const body = url.search.slice(1);
        await visit.request('POST', `/callback/${PROVIDER_ID}`, { headers: [type], body });
        await visit.request('POST', `/callback/${PROVIDER_ID}?code=query`, { headers: [type], body });
        await visit.request('POST', `/callback/${PROVIDER_ID}`, { headers: [type], body: 'error=no&user=%7B%7D' });
      },
      'a user with the address, verified here and there': async (visit) => {
        await visit.signUp('alice');
        await visit.sql(VERIFY_ALL);
        await visit.signIn({}, { jar: 'b' });
        await visit.rows();
      },
      'a user with the address, not verified here': async (visit) => {
        await visit.signUp('alice');
        await visit.signIn({}, { jar: 'b' });
        await visit.rows();
      },
      'a user with the address, not verified there': async (visit, provider) => {
        await provider.tell('alice', { email_verified: false });
        await visit.signUp('alice');
        await visit.sql(VERIFY_ALL);
        await visit.signIn({}, { jar: 'b' });
        await visit.rows();
      },
      'an account without a user': async (visit) => {
        await visit.signIn();
        await visit.sql(`ALTER TABLE account DROP CONSTRAINT IF EXISTS "account_userId_fkey"`);
        await visit.sql(`DELETE FROM session`);
        await visit.sql(`UPDATE account SET "userId" = 'nobody'`);
        await visit.signIn({}, { jar: 'b' });
      },
      'nobody vouches for any address': async (visit, provider) => {
        await provider.tell('carol', { email: undefined, email_verified: undefined });
        await visit.signIn({ loginHint: 'carol' });
        await visit.rows();
      },
      'a signed-in user links an account': async (visit) => {
        await visit.signUp('alice');
        const { url } = await visit.post('/link-social', { provider: PROVIDER_ID, callbackURL: '/linked' });
        await visit.get(await visit.authorize(url));
        await visit.rows();
        const again = await visit.post('/link-social', { provider: PROVIDER_ID, callbackURL: '/linked', scopes: ['x'] });
        await visit.get(await visit.authorize(again.url));
        await visit.rows();
      },
      'what keeps a signed-in user from linking': async (visit, provider) => {
        await visit.post('/link-social', { provider: PROVIDER_ID });
        await visit.signUp('alice');
        await visit.post('/link-social', { provider: 'nobody' });
        await visit.post('/link-social', {});
        const link = async (more) => {
          const { url } = await visit.post('/link-social', { provider: PROVIDER_ID, errorCallbackURL: '/oops', ...more });
          return visit.authorize(url);
        };
        await visit.get(await link({ loginHint: 'bob' }));
        await visit.signIn({ loginHint: 'bob' }, { jar: 'b' });
        await provider.tell('bob', { email: 'alice@example.com' });
        await visit.get(await link({ loginHint: 'bob' }));
        await provider.tell('alice', { email_verified: false });
        await visit.get(await link({}));
        await provider.tell('alice', {});
        const late = await link({});
        await visit.sql('DELETE FROM session');
        await visit.get(late);
        await visit.rows();
      },
      'id tokens that a client brings': async (visit) => {
        const token = await idToken(visit);
        const sign = (more) => visit.post('/sign-in/social', { provider: PROVIDER_ID, idToken: { token, ...more } });
        await sign({});
        await sign({ nonce: 'wrong' });
        await sign({ token: `${token.slice(0, -8)}AAAAAAAA` });
        await sign({ token: 'a.b.c' });
        await visit.rows();
        await visit.signUp('bob', { jar: 'b' });
        await visit.post('/link-social', { provider: PROVIDER_ID, idToken: { token } }, { jar: 'b' });
        await visit.post('/link-social', { provider: PROVIDER_ID, idToken: { token } });
      },
      'signing out at the provider too': async (visit) => {
        await visit.signIn();
        await visit.post('/sign-out', { callbackURL: '/bye', state: 's' });
        await visit.signIn({}, { jar: 'b' });
        await visit.post('/sign-out', { disableRedirect: true }, { jar: 'b' });
      },
    },
  },
  'state in a cookie, tokens encrypted': {
    settings: { account: { storeStateStrategy: 'cookie', encryptOAuthTokens: true } },
    scenarios: {
      'a new user': async (visit) => {
        await visit.signIn();
        await visit.rows();
      },
      'a state is bound to its browser': async (visit) => {
        const mine = await visit.authorize(await visit.begin({ errorCallbackURL: '/mine' }, { jar: 'a' }));
        const yours = await visit.authorize(await visit.begin({ errorCallbackURL: '/yours' }, { jar: 'b' }));
        await visit.get(yours, { jar: 'a' });
        await visit.get(mine, { jar: null });
        await visit.get(mine, { jar: 'a' });
        await visit.get(mine, { jar: 'a' });
      },
    },
  },
  'sign-up disabled': {
    provider: { disableSignUp: true },
    scenarios: { 'a new user': (visit) => visit.signIn({ requestSignUp: true, errorCallbackURL: '/oops' }) },
  },
  'sign-up by request': {
    provider: { disableImplicitSignUp: true, overrideUserInfo: true },
    scenarios: {
      'a new user': async (visit, provider) => {
        await visit.signIn();
        await visit.signIn({ requestSignUp: true });
        await provider.tell('alice', { name: 'Another Name', email: 'other@example.com', email_verified: false });
        await visit.signIn();
        await visit.rows();
      },
    },
  },
  'trusted provider, any address': {
    settings: {
      account: {
        updateAccountOnSignIn: false,
        accountLinking: {
          trustedProviders: [PROVIDER_ID],
          allowDifferentEmails: true,
          requireLocalEmailVerified: false,
          updateUserInfoOnLink: true,
        },
      },
    },
    scenarios: {
      'not verified anywhere': async (visit, provider) => {
        await provider.tell('alice', { email_verified: false });
        await visit.signUp('alice');
        await visit.signIn({}, { jar: 'b' });
        await visit.rows();
      },
      'another address': async (visit) => {
        await visit.signUp('bob');
        const { url } = await visit.post('/link-social', { provider: PROVIDER_ID, callbackURL: '/linked' });
        await visit.get(await visit.authorize(url));
        await visit.rows();
      },
    },
  },
  'linking by request only': {
    settings: { account: { accountLinking: { disableImplicitLinking: true } } },
    scenarios: {
      'a user with the address': async (visit) => {
        await visit.signUp('alice');
        await visit.sql(VERIFY_ALL);
        await visit.signIn({}, { jar: 'b' });
      },
    },
  },
  'linking disabled': {
    settings: { account: { accountLinking: { enabled: false } } },
    scenarios: {
      'a user with the address': async (visit) => {
        await visit.signUp('alice');
        await visit.sql(VERIFY_ALL);
        await visit.signIn({}, { jar: 'b' });
        const { url } = await visit.post('/link-social', { provider: PROVIDER_ID, errorCallbackURL: '/oops' });
        await visit.get(await visit.authorize(url));
      },
    },
  },
  'verified addresses only': {
    provider: { requireEmailVerification: true },
    scenarios: {
      'not verified': async (visit, provider) => {
        await provider.tell('alice', { email_verified: false });
        await visit.signIn();
        await visit.rows();
      },
    },
  },
};

/** The id token of somebody who has signed in. */
async function idToken(visit) {
  await visit.signIn({}, { jar: 'z' });
  const [{ idToken }] = await visit.sql(`SELECT "idToken" FROM account`);
  return idToken;
}

const SECRETS = { clientId: 'client-id', clientSecret: 'client-secret' };

function optionsOf({ settings = {}, provider: more = {} }, provider) {
  return {
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    socialProviders: { google: SECRETS, github: SECRETS },
    plugins: {
      genericOAuth: {
        config: [
          {
            providerId: PROVIDER_ID,
            discoveryUrl: provider.discoveryUrl,
            ...CLIENT,
            scopes: ['email', 'profile'],
            ...more,
          },
        ],
      },
    },
    ...settings,
  };
}

for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
  suite(name, () => {
    let provider;
    let servers;
    before(async () => {
      provider = await startOidcProvider();
      const options = optionsOf(configuration, provider);
      servers = await startAll([startReference({ options }), startOurs({ options })]);
    });
    after(async () => {
      await Promise.all([...(servers ?? []), provider].map((one) => one?.stop()));
    });
    for (const [scenario, walk] of Object.entries(configuration.scenarios)) {
      test(scenario, async () => {
        const seen = [];
        // One after the other: the walks change what the provider tells.
        for (const server of servers) {
          await server.database.truncate();
          for (const name of ['alice', 'bob', 'carol']) await provider.tell(name, {});
          const visit = new Visit(server, provider);
          await walk(visit, provider);
          seen.push(visit.seen);
        }
        const [reference, ours] = seen;
        const found = reference.flatMap(({ step, observed }, index) =>
          differences(observed, ours[index]?.observed).map((one) => ({ ...one, path: `${index + 1}. ${step}: ${one.path}` })),
        );
        const unknown = found.filter(({ path }) => !KNOWN.some((known) => path.endsWith(known)));
        if (unknown.length > 0) throw new Error(`differs from better-auth\n${describe(unknown)}\n${servers[1].output().slice(-1500)}`);
      });
    }
  });
}
