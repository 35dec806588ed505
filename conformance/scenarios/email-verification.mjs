// POST /send-verification-email and GET /verify-email

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { bodyProbes, shapeProbes } from '../src/probes.mjs';
import { get, mails, post, postForm, request, rows, sql } from '../src/steps.mjs';

const SEND = '/send-verification-email';
const mail = (email, more = {}, extra) => post(SEND, { email, ...more }, extra);
const verify = (link, name, extra) => get(link, { name: `GET /verify-email ${name}`, ...extra });
/** Follows the link in Alice's latest mail. */
const follow = (extra) => verify('{{link alice@example.com}}', 'of the mail', extra);
const ALICE_ID = `{{sql SELECT id FROM "user" WHERE email = 'alice@example.com'}}`;
const BOB_ID = `{{sql SELECT id FROM "user" WHERE email = 'bob@example.com'}}`;
const verified = sql(`UPDATE "user" SET "emailVerified" = true WHERE email = 'alice@example.com'`);
const gone = sql(`DELETE FROM "user" WHERE email = 'alice@example.com'`);

/** GET /verify-email with a token of the scenario's own making, without and with a callback URL. */
const forged = (name, token, extra) =>
  ['', '&callbackURL=/done', '&callbackURL=%2Fdone%3Fx%3D1'].map((callback) =>
    verify(`/verify-email?token={{forged t}}${callback}`, `${name} ${callback}`, { tokens: { t: token }, ...extra }),
  );
const claims = (more) => ({ claims: { email: ALICE.email, userId: ALICE_ID, iat: 0, exp: 3600, ...more } });

const callbacks = [
  '',
  '/',
  '/welcome',
  '/welcome?x=1',
  '/welcome?x=1#part',
  '/welcome#part',
  '/welcome?error=old',
  '/a b',
  '/ü',
  '//evil.example',
  '/\\evil.example',
  'welcome',
  'http://localhost:8100/welcome',
  'http://localhost:8100',
  'https://evil.example/x',
  'javascript:alert(1)',
  'myapp://x',
];

export default [
  {
    name: 'asking for a verification mail',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      mails('nothing is mailed on sign-up'),
      mail(ALICE.email),
      mails('to Alice'),
      mail(ALICE.email, { callbackURL: '/welcome?x=1&y=ü' }),
      mail(ALICE.email, {}, { jar: 'a' }),
      mail('ALICE@Example.COM', {}, { jar: 'a' }),
      mail('ALICE@Example.COM'),
      mails('each of them'),
      mail('nobody@example.com'),
      mail('nobody@example.com', {}, { jar: 'a' }),
      verified,
      mail(ALICE.email),
      mail(ALICE.email, {}, { jar: 'a' }),
      mails('none'),
    ],
  },
  {
    name: 'a verification mail of another user',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), mail(ALICE.email, {}, { jar: 'b' }), mails(), verified],
  },
  {
    name: 'callback URLs of a verification mail',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...callbacks.map((callbackURL) => mail(ALICE.email, { callbackURL }, { jar: 'a' })),
      mails(),
    ],
  },
  {
    name: 'fields of a verification mail',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...bodyProbes(SEND, { email: ALICE.email, callbackURL: '/' }, { jar: 'a' }),
      ...shapeProbes(SEND, { jar: 'a' }),
      postForm(SEND, { email: ALICE.email }),
      mail(ALICE.email, { unknown: 1 }, { jar: 'a' }),
      mails(),
    ],
  },
  {
    name: 'verification mails without a relay',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      mail(ALICE.email),
      mail(ALICE.email, {}, { jar: 'a' }),
      mail('nonsense'),
      mail('nobody@example.com'),
      ...forged('verifies all the same', claims()),
    ],
  },
  {
    name: 'following the link',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      mail(ALICE.email, { callbackURL: '/welcome?x=1' }, { jar: 'a' }),
      follow(),
      rows('verified'),
      follow(),
      follow({ jar: 'a' }),
      get('/get-session', { jar: 'a' }),
    ],
  },
  {
    name: 'following the link signed in',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      mail(ALICE.email, {}, { jar: 'a' }),
      follow({ jar: 'a' }),
      get('/get-session', { jar: 'a' }),
    ],
  },
  {
    name: 'following the link as somebody else',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), mail(ALICE.email), follow({ jar: 'b' })],
  },
  {
    name: 'callback URLs of verification',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      mail(ALICE.email, {}, { jar: 'a' }),
      ...callbacks.flatMap((callback) => {
        const query = `&callbackURL=${encodeURIComponent(callback)}`;
        return [
          verify(`/verify-email?token={{mailed alice@example.com}}${query}`, query),
          verify(`/verify-email?token=wrong${query}`, `wrong ${query}`),
        ];
      }),
    ],
  },
  {
    name: 'callback URLs of verification on other origins',
    configuration: 'mail to other origins',
    steps: [
      signUp(ALICE, 'a'),
      ...['https://app.example/x', 'https://a.example.com', 'myapp://x/y', 'https://evil.example', '//evil.example']
        .map(encodeURIComponent)
        .flatMap((callback) => [
          mail(ALICE.email, { callbackURL: decodeURIComponent(callback) }, { jar: 'a' }),
          verify(`/verify-email?token={{mailed alice@example.com}}&callbackURL=${callback}`, callback),
          verify(`/verify-email?token=wrong&callbackURL=${callback}`, `wrong ${callback}`),
        ]),
    ],
  },
  {
    name: 'queries of verification',
    configuration: 'mail',
    steps: [
      '',
      '?token=',
      '?token',
      '?token=a&token=b',
      '?token=a.b.c',
      '?token=eyJhbGciOiJIUzI1NiJ9.e30.x',
      '?callbackURL=/x',
      '?token=&callbackURL=/x',
      '?token=wrong&callbackURL=',
      '?token=wrong&callbackURL=/a&callbackURL=/b',
      '?token=%F0%9F%A6%80',
      `?token=${'x'.repeat(3000)}`,
    ].flatMap((query) => [
      request('GET', `/verify-email${query}`),
      request('HEAD', `/verify-email${query}`),
      request('POST', `/verify-email${query}`),
    ]),
  },
  {
    name: 'tokens that do not hold',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...forged('expired', claims({ iat: -7200, exp: -60 })),
      ...forged('not yet valid', claims({ nbf: 3600 })),
      ...forged('signed with another secret', { ...claims(), secret: 'another secret of thirty-two characters' }),
      ...forged('of the algorithm none', { ...claims(), header: { alg: 'none' } }),
      ...forged('of the algorithm HS512', { ...claims(), header: { alg: 'HS512' } }),
      ...forged('without an algorithm', { ...claims(), header: {} }),
      ...forged('with a critical header', { ...claims(), header: { alg: 'HS256', crit: ['x'], x: 1 } }),
      ...forged('of another user', claims({ userId: 'unknown' })),
      ...forged('of nobody', claims({ email: 'nobody@example.com' })),
      rows('nothing is verified'),
    ],
  },
  {
    name: 'tokens that hold though they are unusual',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...forged('without an end', { claims: { email: ALICE.email, userId: ALICE_ID } }),
      ...forged('without a user', { claims: { email: ALICE.email, iat: 0, exp: 3600 } }),
      ...forged('in capitals', claims({ email: 'Alice@Example.com' })),
      ...forged('with a type', { ...claims(), header: { alg: 'HS256', typ: 'JWT' } }),
    ],
  },
  {
    name: 'a token after its user is gone',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      mail(ALICE.email, {}, { jar: 'a' }),
      mails(),
      gone,
      follow(),
      verify('/verify-email?token={{mailed alice@example.com}}', 'without a callback URL'),
    ],
  },
  {
    name: 'a token after the address has changed',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      mail(ALICE.email, {}, { jar: 'a' }),
      sql(`UPDATE "user" SET email = 'new@example.com'`),
      follow(),
      signUp(ALICE, 'b'),
      follow(),
      rows(),
    ],
  },
  {
    name: 'a short lifetime of the token',
    configuration: 'mail with short lifetimes',
    steps: [signUp(ALICE, 'a'), mail(ALICE.email, {}, { jar: 'a' }), mails(), follow()],
  },
  {
    name: 'mail on sign-up, sign-in after verification',
    configuration: 'mail on sign-up',
    steps: [
      signUp({ ...ALICE, callbackURL: '/welcome?x=1' }, 'a'),
      mails('to Alice'),
      signUp(ALICE),
      mails('none'),
      follow({ jar: 'new' }),
      get('/get-session', { jar: 'new' }),
      follow({ jar: 'new' }),
      follow(),
    ],
  },
  {
    name: 'sign-in after verification of a session that exists',
    configuration: 'mail on sign-up',
    steps: [signUp(ALICE, 'a'), follow({ jar: 'a' }), get('/get-session', { jar: 'a' })],
  },
  {
    name: 'sign-in after verification keeps a session that ends with the browser',
    configuration: 'mail on sign-up',
    steps: [signUp({ ...ALICE, rememberMe: false }, 'a'), follow({ jar: 'a' }), get('/get-session', { jar: 'a' })],
  },
  {
    name: 'sign-in after verification as somebody else',
    configuration: 'mail on sign-up',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      mails(),
      follow({ jar: 'b' }),
      get('/get-session', { jar: 'b' }),
      verify('/verify-email?token={{mailed bob@example.com}}', 'of Bob, without a callback URL', { jar: 'new' }),
    ],
  },
  {
    name: 'verification of an address in capitals',
    configuration: 'mail on sign-up',
    steps: [signUp({ ...ALICE, email: 'Alice@Example.COM' }, 'a'), mails(), follow(), signIn(ALICE, 'a')],
  },
  {
    name: 'links under a deep https base URL',
    configuration: 'mail under a deep https base URL',
    steps: [signUp(ALICE, 'a'), mail(ALICE.email), mails(), follow()],
  },
  {
    name: 'tokens with other claims',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      ...forged('of Bob for Alice', claims({ userId: BOB_ID })),
      ...forged('with a request type alone', claims({ requestType: 'change-email-verification' })),
    ],
  },
];
