// POST /change-email, and the links that it mails

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { bodyProbes, shapeProbes } from '../src/probes.mjs';
import { get, mails, post, postForm, rows, sql } from '../src/steps.mjs';

const NEW = 'new@example.com';
const change = (newEmail, more = {}, extra = {}) =>
  post('/change-email', { newEmail, ...more }, { jar: 'a', ...extra });
const verified = sql(`UPDATE "user" SET "emailVerified" = true WHERE email = 'alice@example.com'`);
const follow = (address, extra) => get(`{{link ${address}}}`, { name: `GET the link mailed to ${address}`, ...extra });
const bare = (address, extra) =>
  get(`/verify-email?token={{mailed ${address}}}`, {
    name: `GET /verify-email with the token mailed to ${address}`,
    ...extra,
  });
const session = get('/get-session', { jar: 'a' });
const ALICE_ID = `{{sql SELECT id FROM "user" WHERE name = 'Alice'}}`;
const forged = (name, claims, extra) =>
  ['', '&callbackURL=/done'].map((callback) =>
    get(`/verify-email?token={{forged t}}${callback}`, {
      name: `GET /verify-email ${name} ${callback}`,
      tokens: { t: { claims: { email: ALICE.email, updateTo: NEW, iat: 0, exp: 3600, ...claims } } },
      ...extra,
    }),
  );

/** The whole way from request to sign-in, with an address that is not verified and one that is. */
const ways = (configuration) =>
  [false, true].flatMap((isVerified) =>
    [{}, { callbackURL: '/done?x=1' }].map((more) => ({
      name: `a ${isVerified ? 'verified' : 'new'} address ${JSON.stringify(more)}`,
      configuration,
      steps: [
        signUp(ALICE, 'a'),
        ...(isVerified ? [verified] : []),
        change(NEW, more),
        mails('the first'),
        rows('before the link'),
        session,
      ],
    })),
  );

export default [
  ...[
    'mail',
    'mail and confirmations',
    'addresses changed at once',
    'addresses changed without mail',
    'users delete themselves',
    'default',
  ].flatMap(ways),
  {
    name: 'an address is changed by its link',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      change(NEW),
      mails(),
      follow(NEW, { jar: 'a' }),
      rows('changed'),
      session,
      follow(NEW, { jar: 'a' }),
      bare(NEW),
      signIn(ALICE),
      signIn({ ...ALICE, email: NEW }, 'b'),
    ],
  },
  {
    name: 'an address is changed by its link, signed out',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), verified, change(NEW), mails(), bare(NEW), rows('changed'), session, bare(NEW)],
  },
  {
    name: 'an address is changed by its link, signed in as somebody else',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      change(NEW),
      mails(),
      bare(NEW, { jar: 'b' }),
      follow(NEW, { jar: 'b' }),
      rows('unchanged'),
    ],
  },
  {
    name: 'a verified address is changed by two links',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      verified,
      change(NEW, { callbackURL: '/done?x=1' }),
      mails('to the old address'),
      follow(ALICE.email, { jar: 'a' }),
      mails('to the new address'),
      rows('not yet'),
      follow(ALICE.email),
      bare(ALICE.email),
      mails('two more'),
      follow(NEW, { jar: 'a' }),
      session,
      rows('changed'),
      bare(ALICE.email),
      bare(NEW),
      mails('none'),
    ],
  },
  {
    name: 'a confirmation by somebody else',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      verified,
      change(NEW),
      mails(),
      bare(ALICE.email, { jar: 'b' }),
      mails('none'),
    ],
  },
  {
    name: 'the new address is taken',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), change(BOB.email), change('BOB@example.com'), mails(), rows()],
  },
  {
    name: 'the new address is taken, verified and to be confirmed',
    configuration: 'mail and confirmations',
    steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), verified, change(BOB.email), mails()],
  },
  {
    name: 'the new address is taken, changed at once',
    configuration: 'addresses changed at once',
    steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), change(BOB.email), mails()],
  },
  {
    name: 'the new address is taken while its link is on the way',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      change(NEW),
      mails(),
      signUp({ ...BOB, email: NEW }, 'b'),
      rows(),
      sql(`UPDATE "user" SET email = 'away@example.com' WHERE name = 'Bob'`),
      bare(NEW),
    ],
  },
  {
    name: 'the same address',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), change(ALICE.email), change('ALICE@Example.com'), mails()],
  },
  {
    name: 'addresses in capitals',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), change('NEW@Example.COM'), mails(), bare(NEW), rows()],
  },
  {
    name: 'fields',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...bodyProbes('/change-email', { newEmail: NEW, callbackURL: '/' }, { jar: 'a' }),
      ...shapeProbes('/change-email', { jar: 'a' }),
      postForm('/change-email', { newEmail: NEW }, { jar: 'a' }),
      mails(),
    ],
  },
  {
    name: 'callback URLs',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...['', '/done', 'done', '/ü b', '//evil.example', 'https://evil.example', 'http://localhost:8100/x'].map(
        (callbackURL) => change(NEW, { callbackURL }),
      ),
      mails(),
    ],
  },
  {
    name: 'changed at once, then verified',
    configuration: 'addresses changed at once',
    steps: [
      signUp(ALICE, 'a'),
      change(NEW),
      mails(),
      rows('changed'),
      session,
      follow(NEW),
      rows('verified'),
      change('third@example.com'),
      mails('a verified one'),
    ],
  },
  {
    name: 'changed at once, without mail',
    configuration: 'addresses changed without mail',
    steps: [
      signUp({ ...ALICE, rememberMe: false }, 'a'),
      change(NEW),
      session,
      signIn({ ...ALICE, email: NEW }),
      sql('UPDATE "user" SET "emailVerified" = true'),
      change('third@example.com'),
    ],
  },
  {
    name: 'short lifetimes',
    configuration: 'mail with short lifetimes',
    steps: [signUp(ALICE, 'a'), change(NEW), mails(), bare(NEW)],
  },
  {
    name: 'tokens of older releases',
    configuration: 'mail',
    steps: [
      signUp(ALICE, 'a'),
      ...forged('without a user', {}),
      ...forged('of a user unknown', { userId: 'unknown' }),
      ...forged('of another address', { userId: ALICE_ID, email: 'other@example.com' }),
      ...forged('expired', { userId: ALICE_ID, iat: -7200, exp: -60 }),
      ...forged('of an unknown type', { userId: ALICE_ID, requestType: 'unknown' }, { jar: 'a' }),
      rows('changed'),
      session,
      mails(),
    ],
  },
  {
    name: 'a token without a type, signed out',
    configuration: 'mail',
    steps: [signUp(ALICE, 'a'), verified, ...forged('without a type', { userId: ALICE_ID }), mails(), rows()],
  },
  {
    name: 'tokens of change without a relay',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...forged('a confirmation', { userId: ALICE_ID, requestType: 'change-email-confirmation' }),
      ...forged('a verification', { userId: ALICE_ID, requestType: 'change-email-verification' }, { jar: 'a' }),
      rows(),
    ],
  },
];
