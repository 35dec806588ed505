// Cross-site requests: the origin of a request, and fetch metadata of a first sign-in.

import { ALICE, credentials, signUp } from '../src/people.mjs';
import { get, post, postForm, request } from '../src/steps.mjs';

const COOKIE = ['Cookie', 'other=1'];
const inn = (headers) =>
  post('/sign-in/email', credentials(ALICE), {
    name: headers.map((header) => header.join(': ')).join(', ') || 'no headers',
    headers,
  });
const out = (headers) =>
  post(
    '/sign-out',
    {},
    { name: `sign-out ${headers.map((header) => header.join(': ')).join(', ') || 'no headers'}`, headers },
  );

/** Values of Origin and Referer, trusted and not. */
const values = [
  'http://localhost:8100',
  'http://localhost:8100/',
  'http://localhost:8100/any/page?x=1',
  'HTTP://LOCALHOST:8100',
  'http://localhost',
  'http://localhost:8101',
  'https://localhost:8100',
  'http://127.0.0.1:8100',
  'http://localhost:8100.evil.example',
  'http://localhost:8100@evil.example',
  'http://user@localhost:8100',
  'https://evil.example',
  'null',
  '',
  'nonsense',
  '/',
  '/ok',
  '//localhost:8100',
  'http://',
  'about:blank',
  'file:///etc/passwd',
  'http://localhost:8100 ',
  'http://localhost:8100, https://evil.example',
];

const trusted = [
  'https://app.example',
  'https://app.example:443',
  'https://app.example:8443',
  'http://app.example',
  'https://APP.example',
  'https://example.com',
  'https://a.example.com',
  'https://a.b.example.com',
  'http://a.example.com',
  'https://a.example.com:8443',
  'https://a.example.com.evil.example',
  'https://evilexample.com',
  'http://localhost:1',
  'http://localhost:65535',
  'http://localhost',
  'http://localhost:8100',
  'https://localhost:1',
  'https://x.wild.example',
  'http://x.y.wild.example',
  'ftp://x.wild.example',
  'https://wild.example',
  'https://x.wild.example:99',
  'http://10.0.0.1',
  'http://10.0.0.1:3000',
  'http://10.0.evil.example',
  'http://10.0.1',
  'http://10.1.0.1',
  'http://10.0.0.999',
  'myapp://',
  'myapp://anything/at/all',
  'myapp:thing',
  'MYAPP://x',
  'myapps://x',
  'exp://host/path',
  'exp://host/path/more',
  'exp://host/pathmore',
  'exp://host/path/../other',
  'exp://other/path',
  'exp://host',
  'exp://user@host/path',
  'null',
];

/** Fetch metadata of a browser. */
const site = (value) => ['Sec-Fetch-Site', value];
const mode = (value) => ['Sec-Fetch-Mode', value];
const dest = (value) => ['Sec-Fetch-Dest', value];
const OWN = ['Origin', 'http://localhost:8100'];
const EVIL = ['Origin', 'https://evil.example'];

export default [
  {
    name: 'with a cookie an origin is needed',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      ...values.map((value) => inn([COOKIE, ['Origin', value]])),
      inn([COOKIE]),
      inn([['Cookie', '']]),
      inn([]),
    ],
  },
  {
    name: 'the referer stands in for a missing origin',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      ...values.map((value) => inn([COOKIE, ['Referer', value]])),
      inn([COOKIE, ['Origin', 'null'], ['Referer', 'http://localhost:8100/x']]),
      inn([COOKIE, ['Origin', ''], ['Referer', 'http://localhost:8100/x']]),
      inn([COOKIE, EVIL, ['Referer', 'http://localhost:8100/x']]),
    ],
  },
  {
    name: 'an opaque origin of the same site',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      ...['same-origin', 'same-site', 'none', 'cross-site'].flatMap((value) => [
        inn([COOKIE, ['Origin', 'null'], site(value)]),
        inn([['Origin', 'null'], site(value)]),
      ]),
      inn([COOKIE, ['Origin', 'null'], site('same-origin'), ['Host', 'evil.example']]),
    ],
  },
  {
    name: 'fetch metadata without a cookie',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      inn([site('cross-site'), mode('navigate')]),
      inn([site('cross-site'), mode('navigate'), dest('document'), OWN]),
      inn([site('cross-site'), mode('cors'), OWN]),
      inn([site('cross-site'), mode('cors'), EVIL]),
      inn([site('same-origin'), mode('cors')]),
      inn([site('same-origin'), mode('navigate'), OWN]),
      inn([site('same-site'), mode('navigate'), EVIL]),
      inn([mode('cors')]),
      inn([dest('empty')]),
      inn([dest('empty'), OWN]),
      inn([site('')]),
      inn([site(' ')]),
      inn([site('none'), mode('navigate')]),
      inn([['Sec-Fetch-User', '?1']]),
      inn([site('cross-site'), mode('navigate'), COOKIE, OWN]),
      inn([site('Cross-Site'), mode('navigate'), OWN]),
      inn([OWN]),
      inn([EVIL]),
      inn([['Origin', 'null']]),
      inn([['Referer', 'https://evil.example/x']]),
      inn([['Referer', 'http://localhost:8100/x']]),
    ],
  },
  {
    name: 'fetch metadata of a sign-up',
    configuration: 'default',
    steps: [[site('cross-site'), mode('navigate')], [EVIL], [OWN], [], [COOKIE], [mode('cors')]].map((headers, index) =>
      post(
        '/sign-up/email',
        { ...ALICE, email: `u${index}@example.com` },
        { name: headers.map((header) => header.join(': ')).join(', ') || 'no headers', headers },
      ),
    ),
  },
  {
    name: 'other endpoints do not look at fetch metadata',
    configuration: 'default',
    steps: [
      out([site('cross-site'), mode('navigate')]),
      out([EVIL]),
      out([]),
      out([COOKIE]),
      out([COOKIE, OWN]),
      out([COOKIE, EVIL]),
      get('/get-session', { headers: [COOKIE, EVIL] }),
      get('/ok', { headers: [COOKIE, EVIL] }),
      request('HEAD', '/sign-out', { headers: [COOKIE, EVIL] }),
    ],
  },
  {
    name: 'what is checked first',
    configuration: 'default',
    steps: [
      post('/sign-in/email', {}, { name: 'origin before validation', headers: [COOKIE, EVIL] }),
      request('POST', '/sign-in/email', {
        name: 'content type before origin',
        body: '{}',
        contentType: 'text/plain',
        headers: [COOKIE, EVIL],
      }),
      request('POST', '/sign-in/email', {
        name: 'JSON before origin',
        body: '{',
        contentType: 'application/json',
        headers: [COOKIE, EVIL],
      }),
      post('/nowhere', {}, { name: 'route before origin', headers: [COOKIE, EVIL] }),
      post('/update-user', [], { name: 'validation before session' }),
      post(
        '/sign-in/email',
        {},
        { name: 'validation before fetch metadata', headers: [site('cross-site'), mode('navigate')] },
      ),
      post(
        '/sign-in/email',
        { callbackURL: 'https://evil.example' },
        { name: 'origin before callback', headers: [COOKIE, EVIL] },
      ),
      post('/sign-in/email', { callbackURL: 'https://evil.example' }, { name: 'callback before validation' }),
      post(
        '/sign-in/email',
        { callbackURL: 'https://evil.example', ...credentials(ALICE) },
        { name: 'callback before fetch metadata', headers: [site('cross-site'), mode('navigate')] },
      ),
      postForm('/sign-in/email', credentials(ALICE), {
        name: 'a form of another site',
        headers: [site('cross-site'), mode('navigate'), dest('document'), EVIL],
      }),
    ],
  },
  {
    name: 'trusted origins',
    configuration: 'trusted origins',
    steps: [signUp(ALICE), ...trusted.map((value) => inn([COOKIE, ['Origin', value]]))],
  },
  {
    name: 'origin checks off',
    configuration: 'origin checks off',
    steps: [
      signUp(ALICE),
      inn([COOKIE, EVIL]),
      inn([COOKIE]),
      inn([site('cross-site'), mode('navigate')]),
      post('/sign-in/email', { ...credentials(ALICE), callbackURL: 'https://evil.example/x' }),
      post('/sign-in/email', { ...credentials(ALICE), callbackURL: 1 }),
    ],
  },
  {
    name: 'CSRF check off',
    configuration: 'CSRF check off',
    steps: [
      signUp(ALICE),
      inn([COOKIE, EVIL]),
      inn([COOKIE]),
      inn([site('cross-site'), mode('navigate')]),
      post('/sign-in/email', { ...credentials(ALICE), callbackURL: 'https://evil.example/x' }),
    ],
  },
];
