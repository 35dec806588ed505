// POST /request-password-reset, GET /reset-password/:token, POST /reset-password

import { ALICE, BOB, credentials, signIn, signUp } from '../src/people.mjs';
import { bodyProbes, NOT_TEXT, shapeProbes } from '../src/probes.mjs';
import { get, mails, post, postForm, request, rows, sql } from '../src/steps.mjs';

const REQUEST = '/request-password-reset';
const ask = (email, more = {}, extra) => post(REQUEST, { email, ...more }, extra);
const reset = (body, extra) => post('/reset-password', body, extra);
const TOKEN = '{{mailed alice@example.com}}';
const NEW = 'a new password';
const credentialsOf = (password) => credentials({ ...ALICE, password });
const tokenLink = (query, extra) =>
  get(`/reset-password/${TOKEN}${query}`, { name: `GET /reset-password/… ${query}`, ...extra });

const redirects = [
  '',
  '/reset',
  '/reset?x=1',
  '/reset?x=1#part',
  '/reset?token=old&error=old',
  'reset',
  '/a b',
  '/ü',
  '//evil.example',
  '/\\evil.example',
  'http://localhost:8100/reset',
  'http://localhost:8100',
  'https://evil.example/reset',
  'javascript:alert(1)',
  'myapp://reset',
];

export default [
  {
    name: 'asking for a reset',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ask(ALICE.email),
      rows('a token is kept'),
      mails('to Alice'),
      ask(ALICE.email, { redirectTo: '/reset?x=1' }),
      ask('ALICE@Example.COM'),
      mails('to Alice, twice'),
      ask('nobody@example.com'),
      ask('nobody@example.com', {}, { jar: 'a' }),
      ask(ALICE.email, {}, { jar: 'a' }),
      mails('to Alice'),
    ],
  },
  {
    name: 'where a reset leads',
    configuration: 'mail',
    steps: [signUp(ALICE), ...redirects.map((redirectTo) => ask(ALICE.email, { redirectTo })), mails()],
  },
  {
    name: 'fields of asking',
    configuration: 'mail',
    steps: [
      signUp(ALICE),
      ...bodyProbes(REQUEST, { email: ALICE.email, redirectTo: '/reset' }),
      ...shapeProbes(REQUEST),
      postForm(REQUEST, { email: ALICE.email }),
      ask(ALICE.email, { callbackURL: '/ignored' }),
      ask(ALICE.email, { callbackURL: 'https://evil.example' }),
      mails(),
    ],
  },
  {
    name: 'resets without a relay',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      ask(ALICE.email),
      ask('nobody@example.com'),
      ask('nonsense'),
      ask(ALICE.email, { redirectTo: 'https://evil.example' }),
      reset({ newPassword: NEW, token: 'unknown' }),
      get('/reset-password/unknown?callbackURL=/x'),
    ],
  },
  {
    name: 'the link redirects with the token',
    configuration: 'mail',
    steps: [
      signUp(ALICE),
      ask(ALICE.email, { redirectTo: '/reset?x=1' }),
      mails(),
      get('{{link alice@example.com}}', { name: 'GET the link' }),
      ...redirects.map((url) => tokenLink(`?callbackURL=${encodeURIComponent(url)}`)),
      ...['', '?callbackURL', '?callbackURL=/a&callbackURL=/b', '?callback=/x', '/?callbackURL=/x'].map((query) =>
        tokenLink(query),
      ),
      request('HEAD', `/reset-password/${TOKEN}?callbackURL=/x`, { name: 'HEAD the link' }),
      request('POST', `/reset-password/${TOKEN}?callbackURL=/x`, { name: 'POST the link' }),
      rows('the token is still there'),
    ],
  },
  {
    name: 'links without a token that holds',
    configuration: 'mail',
    steps: [
      signUp(ALICE),
      ...['unknown', '%20', '%00', '%2F', 'a/b', '%F0%9F%A6%80', 'x'.repeat(1000), ':token', '*', '..'].flatMap(
        (token) =>
          redirects.slice(0, 5).map((url) => get(`/reset-password/${token}?callbackURL=${encodeURIComponent(url)}`)),
      ),
      ask(ALICE.email),
      mails(),
      sql(`UPDATE verification SET "expiresAt" = now() - interval '1 hour'`),
      tokenLink('?callbackURL=/x'),
      tokenLink('?callbackURL='),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'POST /reset-password with an expired token' }),
    ],
  },
  {
    name: 'links to other origins',
    configuration: 'mail to other origins',
    steps: [
      signUp(ALICE),
      ...['https://app.example/x?y=1', 'https://a.example.com', 'myapp://x', 'https://evil.example'].flatMap((url) => [
        ask(ALICE.email, { redirectTo: url }),
        tokenLink(`?callbackURL=${encodeURIComponent(url)}`),
        get(`/reset-password/unknown?callbackURL=${encodeURIComponent(url)}`),
      ]),
    ],
  },
  {
    name: 'a reset',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ask(ALICE.email),
      mails(),
      reset({ newPassword: 'short', token: TOKEN }),
      reset({ newPassword: 'p'.repeat(129), token: TOKEN }),
      reset({ newPassword: '', token: TOKEN }),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'POST /reset-password' }),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'POST /reset-password once more' }),
      get('/get-session', { jar: 'a' }),
      post('/sign-in/email', credentialsOf(ALICE.password)),
      post('/sign-in/email', credentialsOf(NEW)),
    ],
  },
  {
    name: 'a reset with the token in the query',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ask(ALICE.email),
      post('/reset-password?token=unknown', { newPassword: NEW }),
      post('/reset-password?token=', { newPassword: NEW }),
      post('/reset-password?token=a&token=b', { newPassword: NEW }),
      post(`/reset-password?token=unknown`, { newPassword: NEW, token: TOKEN }, { name: 'the body goes first' }),
      ask(ALICE.email),
      post(`/reset-password?token=${TOKEN}`, { newPassword: NEW, token: '' }, { name: 'an empty one does not' }),
      ask(ALICE.email),
      post(`/reset-password?token=${TOKEN}`, { newPassword: NEW }, { name: 'the query alone' }),
    ],
  },
  {
    name: 'fields of a reset',
    configuration: 'mail',
    steps: [
      ...bodyProbes('/reset-password', { newPassword: NEW, token: 'unknown' }),
      ...shapeProbes('/reset-password'),
      postForm('/reset-password', { newPassword: NEW, token: 'unknown' }),
    ],
  },
  {
    name: 'who may reset: origins',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...[null, 'null', 'https://evil.example', 'http://localhost:8100'].flatMap((origin) => [
        ask(ALICE.email, {}, { name: `asking from ${origin}`, jar: 'a', headers: [['Origin', origin]] }),
        reset(
          { newPassword: NEW, token: 'unknown' },
          { name: `reset from ${origin}`, jar: 'a', headers: [['Origin', origin]] },
        ),
      ]),
      mails(),
    ],
  },
  {
    name: 'a reset gives a user a password who has none',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      sql('DELETE FROM account'),
      ask(ALICE.email),
      mails(),
      reset({ newPassword: NEW, token: TOKEN }),
      rows(),
      post('/sign-in/email', credentialsOf(NEW)),
    ],
  },
  {
    name: 'a reset does not verify the address',
    configuration: 'verified addresses only',
    steps: [
      signUp(ALICE, 'a'),
      ask(ALICE.email),
      mails(),
      reset({ newPassword: NEW, token: TOKEN }),
      post('/sign-in/email', credentialsOf(NEW)),
      mails(),
    ],
  },
  {
    name: 'two tokens at once',
    configuration: 'mail',
    steps: [
      signUp(ALICE),
      ask(ALICE.email),
      ask(ALICE.email),
      rows('two rows'),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'with the second' }),
      rows('one row'),
    ],
  },
  {
    name: 'a token after its user is gone',
    configuration: 'mail',
    steps: [
      signUp(ALICE),
      ask(ALICE.email),
      mails(),
      sql('DELETE FROM "user"'),
      tokenLink('?callbackURL=/x'),
      reset({ newPassword: NEW, token: TOKEN }),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'once more' }),
    ],
  },
  {
    name: 'a token is of its own user',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      ask(ALICE.email),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'Bob uses it', jar: 'b' }),
      signIn(BOB, 'b2'),
      post('/sign-in/email', credentialsOf(NEW)),
    ],
  },
  {
    name: 'tokens of other kinds do not reset',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      post('/delete-user', {}, { jar: 'a' }),
      reset({ newPassword: NEW, token: TOKEN }, { name: 'a token to delete' }),
      reset({ newPassword: NEW, token: '../delete-account' }),
      mails(),
    ],
  },
  {
    name: 'a reset with short lifetimes ends every session',
    configuration: 'mail with short lifetimes',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      ask(ALICE.email),
      rows('the lifetime'),
      mails(),
      reset({ newPassword: NEW, token: TOKEN }, { jar: 'a' }),
      get('/get-session', { jar: 'a' }),
      get('/get-session', { jar: 'b' }),
    ],
  },
  {
    name: 'links under a deep https base URL',
    configuration: 'mail under a deep https base URL',
    steps: [
      signUp(ALICE),
      ask(ALICE.email, { redirectTo: '/reset' }),
      mails(),
      get('{{link alice@example.com}}', { name: 'GET the link' }),
      get('/reset-password/unknown?callbackURL=reset'),
      get('/reset-password/unknown?callbackURL='),
    ],
  },
  {
    name: 'limits of passwords in a reset',
    configuration: 'mail',
    steps: [
      signUp(ALICE),
      ...['1234567', '12345678', 'p'.repeat(128), '🦀🦀🦀', '🦀🦀🦀🦀', 'nul\u0000character', '        '].flatMap(
        (newPassword) => [
          ask(ALICE.email),
          reset({ newPassword, token: TOKEN }, { name: `POST /reset-password ${JSON.stringify(newPassword)}` }),
          post('/sign-in/email', credentialsOf(newPassword)),
        ],
      ),
      ...NOT_TEXT.map((newPassword) => reset({ newPassword, token: TOKEN })),
    ],
  },
];
