// POST /delete-user and GET /delete-user/callback

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { bodyProbes, queryProbes, shapeProbes } from '../src/probes.mjs';
import { get, mails, post, postForm, rows, sql } from '../src/steps.mjs';

const remove = (body = {}, extra = {}) => post('/delete-user', body, { jar: 'a', ...extra });
const follow = (extra = {}) => get('{{link alice@example.com}}', { name: 'GET the link', jar: 'a', ...extra });
const TOKEN = '{{mailed alice@example.com}}';
const stale = sql(`UPDATE session SET "createdAt" = now() - interval '2 days'`);
const callback = (query, extra) =>
  get(`/delete-user/callback?token=${TOKEN}${query}`, { name: `GET the callback ${query}`, jar: 'a', ...extra });

export default [
  ...[
    {},
    { password: ALICE.password },
    { password: 'wrong password' },
    { password: '' },
    { password: 'p'.repeat(129) },
    { token: 'unknown' },
    { token: '' },
    { callbackURL: '/bye' },
    { callbackURL: 'https://evil.example' },
    { password: ALICE.password, token: 'unknown' },
    { password: 'wrong password', token: 'unknown' },
  ].flatMap((body) => [
    {
      name: `deletion of a user ${JSON.stringify(body)}`,
      configuration: 'users delete themselves',
      steps: [
        signUp(ALICE, 'a'),
        signUp(BOB, 'b'),
        signIn(ALICE, 'a2'),
        remove(body),
        get('/get-session', { jar: 'a' }),
        get('/get-session', { jar: 'a2' }),
        signIn(ALICE),
      ],
    },
    {
      name: `deletion of a user with a stale session ${JSON.stringify(body)}`,
      configuration: 'users delete themselves',
      steps: [signUp(ALICE, 'a'), stale, remove(body)],
    },
    {
      name: `deletion to be confirmed ${JSON.stringify(body)}`,
      configuration: 'mail and confirmations',
      steps: [signUp(ALICE, 'a'), stale, remove(body), mails()],
    },
  ]),
  {
    name: 'deletion disabled',
    configuration: 'default',
    steps: [
      remove(),
      signUp(ALICE, 'a'),
      remove(),
      remove({ password: ALICE.password }),
      remove({ password: 1 }),
      get('/delete-user/callback?token=x'),
      get('/delete-user/callback?token=x', { jar: 'a' }),
      get('/delete-user/callback', { jar: 'a' }),
      get('/delete-user/callback?token=x&callbackURL=https%3A%2F%2Fevil.example', { jar: 'a' }),
    ],
  },
  {
    name: 'deletion when sessions are always fresh',
    configuration: 'users delete themselves, however stale',
    steps: [signUp(ALICE, 'a'), stale, remove()],
  },
  {
    name: 'deletion of a user without a password',
    configuration: 'users delete themselves',
    steps: [signUp(ALICE, 'a'), sql('DELETE FROM account'), remove({ password: ALICE.password }), remove()],
  },
  {
    name: 'deletion removes the accounts of providers, and nobody else’s',
    configuration: 'users delete themselves',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      sql(
        `INSERT INTO account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt") SELECT md5(id), id, 'google', id, now(), now() FROM "user"`,
      ),
      remove(),
      get('/get-session', { jar: 'b' }),
    ],
  },
  {
    name: 'the link deletes',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      remove({ callbackURL: '/bye?x=1' }),
      rows('not yet'),
      mails(),
      follow(),
      rows('gone'),
      follow(),
      signIn(ALICE),
    ],
  },
  {
    name: 'the token deletes',
    configuration: 'mail and confirmations',
    steps: [signUp(ALICE, 'a'), remove(), mails(), stale, remove({ token: TOKEN }), mails()],
  },
  {
    name: 'a wrong password keeps the token',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      remove(),
      mails(),
      remove({ token: TOKEN, password: 'wrong password' }),
      rows('still there'),
      remove({ token: TOKEN, password: ALICE.password }),
    ],
  },
  {
    name: 'the link of somebody else',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      remove(),
      mails(),
      follow({ jar: 'b' }),
      rows('the token is used up'),
      follow(),
      remove({}, { name: 'once more' }),
      remove({ token: TOKEN }, { name: 'Bob posts it', jar: 'b' }),
      follow(),
    ],
  },
  {
    name: 'the link signed out',
    configuration: 'mail and confirmations',
    steps: [signUp(ALICE, 'a'), remove(), mails(), follow({ jar: undefined }), rows(), follow()],
  },
  {
    name: 'the link after its end',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      remove(),
      mails(),
      sql(`UPDATE verification SET "expiresAt" = now() - interval '1 hour'`),
      follow(),
      remove({ token: TOKEN }),
    ],
  },
  {
    name: 'the lifetime of the link',
    configuration: 'mail with short lifetimes',
    steps: [signUp(ALICE, 'a'), remove(), rows(), mails()],
  },
  ...[
    '',
    '&callbackURL=',
    '&callbackURL=/bye',
    '&callbackURL=bye',
    '&callbackURL=https%3A%2F%2Fevil.example',
    '&callbackURL=%2F%2Fevil.example',
    '&callbackURL=http%3A%2F%2Flocalhost%3A8100%2Fbye',
    '&callbackURL=/a&callbackURL=/b',
  ].map((query) => ({
    name: `where the link leads ${query}`,
    configuration: 'mail and confirmations',
    steps: [signUp(ALICE, 'a'), remove(), callback(query), get('/get-session', { jar: 'a' })],
  })),
  {
    name: 'queries of the callback',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      ...queryProbes(
        '/delete-user/callback',
        [
          '',
          '?token=',
          '?token',
          '?token=a&token=b',
          '?callbackURL=/x',
          '?token=unknown&callbackURL=/x',
          `?token=${'x'.repeat(3000)}`,
          '?token=%00',
        ],
        { jar: 'a' },
      ),
      post('/delete-user/callback?token=x', {}, { jar: 'a' }),
    ],
  },
  {
    name: 'fields of deletion',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      ...bodyProbes('/delete-user', { password: ALICE.password, token: 'unknown', callbackURL: '/' }, { jar: 'a' }),
      ...shapeProbes('/delete-user', { jar: 'a' }),
      postForm('/delete-user', {}, { jar: 'a' }),
      mails(),
    ],
  },
  {
    name: 'callback URLs of deletion',
    configuration: 'mail and confirmations',
    steps: [
      signUp(ALICE, 'a'),
      ...['', '/bye', 'bye', '/ü b', '//evil.example', 'https://evil.example', 'http://localhost:8100/x'].map(
        (callbackURL) => remove({ callbackURL }),
      ),
      mails(),
    ],
  },
];
