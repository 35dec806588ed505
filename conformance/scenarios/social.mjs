// POST /sign-in/social, POST /link-social, GET and POST /callback/:id: what needs no provider to answer.

import { ALICE, signUp } from '../src/people.mjs';
import { authScenarios, bodyProbes, shapeProbes } from '../src/probes.mjs';
import { get, post, postForm, postRaw, request, rows } from '../src/steps.mjs';

const CONFIGURATION = 'accounts of providers';
const start = (body, extra) => post('/sign-in/social', { provider: 'google', ...body }, extra);
const link = (body, extra = {}) => post('/link-social', { provider: 'google', ...body }, { jar: 'a', ...extra });

const urls = [
  '',
  '/',
  '/welcome?x=1#part',
  'welcome',
  '//evil.example',
  '/\\evil.example',
  'https://evil.example/x',
  'http://localhost:8100/welcome',
  'javascript:alert(1)',
  '/ü b',
];

/** Bodies of both endpoints beside the provider. */
const requests = [
  {},
  { disableRedirect: true },
  { disableRedirect: false },
  { scopes: ['a', 'b c', 'ü'] },
  { scopes: [] },
  { loginHint: 'alice@example.com' },
  { loginHint: '' },
  { requestSignUp: true },
  { additionalParams: { prompt: 'consent', hd: 'example.com' } },
  { additionalParams: { state: 'mine', client_id: 'mine', redirect_uri: 'mine', scope: 'mine', nonce: 'mine' } },
  { additionalParams: { code_challenge: 'mine', code_challenge_method: 'plain', response_type: 'token' } },
  { additionalParams: {} },
  { additionalParams: { number: 1 } },
  { additionalParams: [] },
  { additionalData: { plan: 'pro', deep: { list: [1, null, 'x'] } } },
  { additionalData: {} },
  { additionalData: 'text' },
  { additionalData: { callbackURL: '/other', codeVerifier: 'mine', expiresAt: 1, errorURL: '/x', link: {} } },
  { unknown: 1 },
];

const fields = {
  provider: 'google',
  callbackURL: '/welcome',
  errorCallbackURL: '/oops',
  disableRedirect: true,
  scopes: ['a'],
  requestSignUp: true,
  loginHint: 'alice',
  additionalParams: { a: 'b' },
  additionalData: { a: 1 },
};

/** Queries of a callback that comes from nowhere. */
const callbacks = [
  '',
  '?code=x',
  '?state=x',
  '?code=x&state=x',
  '?code=x&state=',
  '?error=access_denied',
  '?error=access_denied&state=x',
  '?error=access_denied&error_description=No%20luck&state=x',
  '?error=%3Cscript%3E&state=x',
  '?code=x&state=x&iss=https://evil.example',
  '?code=x&state=x&state=y',
  '?code=a&code=b&state=x',
  '?state=%00&code=x',
  `?code=x&state=${'s'.repeat(3000)}`,
  '?code=x&state=x&user=%7B%7D&device_id=1',
];

export default [
  {
    name: 'where a sign-in with a provider begins',
    configuration: CONFIGURATION,
    steps: [...requests.map((body) => start(body)), rows()],
  },
  {
    name: 'providers',
    configuration: CONFIGURATION,
    steps: [
      'github',
      'vercel',
      'google',
      'apple',
      'unknown',
      'Google',
      'google ',
      '__proto__',
      'credential',
      'constructor',
    ].map((provider) => start({ provider })),
  },
  {
    name: 'no provider at all',
    configuration: 'default',
    steps: [
      start({}),
      start({ callbackURL: 'https://evil.example' }),
      get('/callback/google'),
      get('/callback/google?code=x&state=x'),
      signUp(ALICE, 'a'),
      link({}),
    ],
  },
  {
    name: 'where a sign-in with a provider leads',
    configuration: CONFIGURATION,
    steps: [
      ...['callbackURL', 'newUserCallbackURL', 'errorCallbackURL'].flatMap((name) =>
        urls.map((url) => start({ [name]: url })),
      ),
      rows(),
    ],
  },
  {
    name: 'fields of a sign-in with a provider',
    configuration: CONFIGURATION,
    steps: [
      ...bodyProbes('/sign-in/social', { ...fields, newUserCallbackURL: '/new' }),
      ...shapeProbes('/sign-in/social'),
      postForm('/sign-in/social', { provider: 'google' }),
    ],
  },
  {
    name: 'identity tokens that are none',
    configuration: CONFIGURATION,
    steps: [
      ...[
        {},
        { token: '' },
        { token: 'x' },
        { token: 1 },
        { token: 'a.b.c', nonce: 'n' },
        { token: 'x', user: {} },
        'text',
        null,
        [],
        { token: 'x', expiresAt: 'soon' },
      ].flatMap((idToken) => [start({ idToken }), start({ provider: 'github', idToken })]),
    ],
  },
  {
    name: 'a sign-in with a provider from elsewhere',
    configuration: CONFIGURATION,
    steps: [
      start(
        {},
        {
          headers: [
            ['Origin', 'https://evil.example'],
            ['Cookie', 'other=1'],
          ],
        },
      ),
      start(
        {},
        {
          headers: [
            ['Origin', null],
            ['Cookie', 'other=1'],
          ],
        },
      ),
      start({}, { headers: [['Origin', 'https://evil.example']] }),
      start(
        {},
        {
          headers: [
            ['Sec-Fetch-Site', 'cross-site'],
            ['Sec-Fetch-Mode', 'navigate'],
          ],
        },
      ),
      signUp(ALICE, 'a'),
      start({}, { jar: 'a' }),
    ],
  },
  {
    name: 'callbacks from nowhere',
    configuration: CONFIGURATION,
    steps: ['google', 'github', 'unknown', 'credential'].flatMap((provider) =>
      callbacks.map((query) => get(`/callback/${provider}${query}`)),
    ),
  },
  {
    name: 'callbacks by form',
    configuration: CONFIGURATION,
    steps: [
      postForm('/callback/google', { code: 'x', state: 'x' }),
      postForm('/callback/google', { code: 'x', state: 'x', user: '{"name":{"firstName":"A"}}' }),
      postForm('/callback/%C3%B9', { code: 'ü' }),
      postForm('/callback/google?state=query', { code: 'x', state: 'form' }),
      postForm('/callback/google', {}),
      post('/callback/google', { code: 'x', state: 'x' }),
      postRaw('/callback/google', 'x', 'text/plain'),
      postForm('/callback/google', { code: 'x', state: 'x' }, { headers: [['Origin', 'https://accounts.google.com']] }),
      request('HEAD', '/callback/google?code=x&state=x'),
      request('PUT', '/callback/google?code=x&state=x'),
    ],
  },
  {
    name: 'callbacks from nowhere, with an error page elsewhere',
    configuration: 'accounts of providers, error page elsewhere',
    steps: callbacks.map((query) => get(`/callback/google${query}`)),
  },
  {
    name: 'a callback of another browser',
    configuration: CONFIGURATION,
    steps: [
      start({ callbackURL: '/welcome', errorCallbackURL: '/oops?x=1' }, { jar: 'a' }),
      get(`/callback/google?code=x&state={{sql SELECT substr(identifier, 12) FROM verification}}`, {
        name: 'the callback in another browser',
      }),
      rows(),
      get(`/callback/google?error=access_denied&error_description=No%20luck&state=gone`, {
        name: 'the callback with an unknown state',
        jar: 'a',
      }),
    ],
  },
  {
    name: 'a provider that says no',
    configuration: CONFIGURATION,
    steps: ['/oops', '/oops?x=1#part', '', '/..//evil.example'].flatMap((errorCallbackURL) => [
      start({ callbackURL: '/welcome', errorCallbackURL }, { jar: 'a' }),
      get(
        `/callback/google?error=access_denied&error_description=No%20luck&state={{sql SELECT substr(identifier, 12) FROM verification ORDER BY "createdAt" DESC LIMIT 1}}`,
        { name: `the callback with an error: ${errorCallbackURL}`, jar: 'a' },
      ),
      rows(),
    ]),
  },
  {
    name: 'a callback without a code',
    configuration: CONFIGURATION,
    steps: [
      start({ callbackURL: '/welcome', errorCallbackURL: '/oops' }, { jar: 'a' }),
      get(`/callback/google?state={{sql SELECT substr(identifier, 12) FROM verification}}`, {
        name: 'the callback',
        jar: 'a',
      }),
      rows(),
    ],
  },
  {
    name: 'a callback of another provider',
    configuration: CONFIGURATION,
    steps: ['unknown', 'credential'].flatMap((provider) => [
      start({ callbackURL: '/welcome', errorCallbackURL: '/oops' }, { jar: 'a' }),
      get(
        `/callback/${provider}?code=x&state={{sql SELECT substr(identifier, 12) FROM verification ORDER BY "createdAt" DESC LIMIT 1}}`,
        { name: `the callback of ${provider}`, jar: 'a' },
      ),
    ]),
  },
  {
    name: 'linking',
    configuration: CONFIGURATION,
    steps: [signUp(ALICE, 'a'), ...requests.map((body) => link(body)), rows()],
  },
  {
    name: 'where linking leads',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      ...['callbackURL', 'errorCallbackURL'].flatMap((name) => urls.map((url) => link({ [name]: url }))),
      ...['github', 'apple', 'unknown', ''].map((provider) => link({ provider })),
      link({ idToken: { token: 'x' } }),
      link({ provider: 'github', idToken: { token: 'x' } }),
    ],
  },
  {
    name: 'fields of linking',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      ...bodyProbes('/link-social', fields, { jar: 'a' }),
      ...shapeProbes('/link-social', { jar: 'a' }),
    ],
  },
  ...authScenarios(CONFIGURATION, 'POST', '/link-social', { provider: 'google' }),
];
