// POST /update-user and POST /update-session

import { ALICE, signUp } from '../src/people.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

const user = (body, extra = {}) => post('/update-user', body, { jar: 'a', ...extra });
const session = (body, extra = {}) => post('/update-session', body, { jar: 'a', ...extra });
/** Makes an update of `updatedAt` visible, which is compared to the minute. */
const older = sql(`UPDATE "user" SET "createdAt" = now() - interval '1 day', "updatedAt" = now() - interval '1 day'`);

export default [
  {
    name: 'updating a user',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      older,
      user({ name: 'Alicia' }),
      rows(),
      get('/get-session', { jar: 'a' }),
      user({ image: 'https://img.example/a.png' }),
      user({ image: null }),
      user({ name: 'A', image: '' }),
      user({ name: '' }),
      rows('an empty name'),
      user({ name: 'n'.repeat(10_000) }),
      user({ name: 'Zoë 🦀' }),
      rows('unicode'),
    ],
  },
  {
    name: 'nothing to update',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      older,
      ...[
        {},
        { unknown: 1 },
        { emailVerified: true },
        { id: 'x', createdAt: 1, updatedAt: 1 },
        { email: '' },
        { email: null },
        { email: false },
      ].map((body) => user(body)),
    ],
  },
  {
    name: 'the address cannot be updated',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      user({ email: 'new@example.com' }),
      user({ email: 1 }),
      user({ email: [] }),
      user({ email: 'new@example.com', name: 'B' }),
      user({ email: '', name: 'C' }),
    ],
  },
  {
    name: 'fields that are no columns, or not the user’s to set',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      user({ name: 'B', emailVerified: true, id: 'chosen', unknown: { deep: [1] }, role: 'admin' }),
      rows(),
    ],
  },
  {
    name: 'wrong types',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[[], ['x'], null, 'text', 1, true].map((body) => user(body)),
      user(undefined),
      user({ name: 'nul\u0000character' }),
    ],
  },
  {
    name: 'names and images that are no text',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[null, 1, true, ['x'], { a: 1 }].map((name) => user({ name })),
      ...[1, true, ['x'], { a: 1 }].map((image) => user({ image })),
    ],
  },
  {
    name: 'without a session or an origin',
    configuration: 'default',
    steps: [
      post('/update-user', { name: 'B' }),
      post('/update-user', []),
      signUp(ALICE, 'a'),
      user({ name: 'B' }, { headers: [['Origin', null]] }),
      user({ name: 'B' }, { headers: [['Origin', 'https://evil.example']] }),
    ],
  },
  {
    name: 'the cookie after an update',
    configuration: 'default',
    steps: [
      signUp({ ...ALICE, rememberMe: false }, 'a'),
      user({ name: 'B' }),
      get('/get-session', { jar: 'a' }),
      post(
        '/update-user',
        { name: 'C' },
        {
          name: 'a dont_remember cookie that does not hold',
          headers: [
            ['Cookie', 'better-auth.session_token={{a.cookie}}; better-auth.dont_remember=wrong'],
            ['Origin', 'http://localhost:8100'],
          ],
        },
      ),
    ],
  },
  {
    name: 'updating a session without fields of its own',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[
        {},
        { unknown: 1 },
        { token: 'chosen', userId: 'x', expiresAt: 1, ipAddress: 'x' },
        { id: 'x' },
        [],
        ['x'],
        null,
        'text',
        1,
      ].map((body) => session(body)),
      session(undefined),
      post('/update-session', { a: 1 }),
      session({ a: 1 }, { headers: [['Origin', null]] }),
    ],
  },
];
