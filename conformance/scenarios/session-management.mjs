// GET /list-sessions and the POST /revoke-… endpoints

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

const list = (jar, name = 'GET /list-sessions') => get('/list-sessions', { name, jar });
/** Gives each session a start of its own, so that lists have one order; the newest keeps its time. */
const spread = sql(
  `UPDATE session s SET "createdAt" = s."createdAt" - r.age * interval '2 minutes',
     "updatedAt" = s."updatedAt" - r.age * interval '2 minutes',
     "expiresAt" = s."expiresAt" - r.age * interval '2 minutes'
   FROM (SELECT id, row_number() OVER (ORDER BY "createdAt" DESC) - 1 AS age FROM session) r WHERE r.id = s.id`,
);
const createdBefore = (interval) => sql(`UPDATE session SET "createdAt" = now() - interval '${interval}'`);

export default [
  {
    name: 'listing sessions',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      list('a', 'one session'),
      signIn(ALICE, 'b', {
        headers: [
          ['User-Agent', 'second'],
          ['X-Forwarded-For', '203.0.113.7'],
        ],
      }),
      signUp(BOB, 'bob'),
      spread,
      list('a'),
      list('b'),
      list('bob'),
      get('/list-sessions', { name: 'no session' }),
      get('/list-sessions?limit=1', { jar: 'a' }),
    ],
  },
  {
    name: 'expired sessions are not listed',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      sql(`UPDATE session SET "expiresAt" = now() - interval '2 minutes' WHERE token = '{{b.token}}'`),
      list('a'),
      rows(),
      list('b', 'with the expired one'),
    ],
  },
  {
    name: 'freshness',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      createdBefore('23 hours 58 minutes'),
      list('a', 'almost a day old'),
      createdBefore('24 hours 2 minutes'),
      list('a', 'a day old'),
      get('/get-session', { jar: 'a' }),
      post('/revoke-session', { token: 'x' }, { jar: 'a' }),
      post('/update-user', { name: 'B' }, { jar: 'a' }),
      sql(`UPDATE session SET "expiresAt" = now() + interval '3 days'`),
      list('a', 'refreshed and still not fresh'),
    ],
  },
  {
    name: 'revoking one session',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      signUp(BOB, 'bob'),
      post('/revoke-session', { token: '{{b.token}}' }, { jar: 'a' }),
      get('/get-session', { jar: 'b' }),
      post('/revoke-session', { token: '{{bob.token}}' }, { jar: 'a', name: 'another user’s' }),
      get('/get-session', { jar: 'bob' }),
      post('/revoke-session', { token: 'unknown' }, { jar: 'a' }),
      post('/revoke-session', { token: '' }, { jar: 'a' }),
      post('/revoke-session', { token: '{{a.token}}' }, { jar: 'a', name: 'one’s own' }),
      get('/get-session', { jar: 'a' }),
    ],
  },
  {
    name: 'revoking: bad requests',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[{}, { token: null }, { token: 1 }, { token: [] }, [], { id: 'x' }].map((body) =>
        post('/revoke-session', body, { jar: 'a' }),
      ),
      post('/revoke-session', undefined, { jar: 'a' }),
      post('/revoke-session', { token: 'x' }),
      post('/revoke-session', {}),
      post('/revoke-session', { token: 'x' }, { jar: 'a', headers: [['Origin', null]] }),
      post('/revoke-session', {}, { jar: 'a', headers: [['Origin', 'https://evil.example']] }),
      post('/revoke-session', { token: 'x', unknown: 1 }, { jar: 'a' }),
      post('/revoke-session', { token: 'x\u0000y' }, { jar: 'a', name: 'a NUL in the token' }),
    ],
  },
  {
    name: 'revoking all sessions',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      signUp(BOB, 'bob'),
      post('/revoke-sessions', {}, { jar: 'a' }),
      get('/get-session', { jar: 'b' }),
      get('/get-session', { jar: 'bob' }),
      post('/revoke-sessions', {}),
      post('/revoke-sessions', undefined, { jar: 'bob' }),
    ],
  },
  {
    name: 'revoking all other sessions',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      signIn(ALICE, 'c'),
      signUp(BOB, 'bob'),
      sql(`UPDATE session SET "expiresAt" = now() - interval '2 minutes' WHERE token = '{{c.token}}'`),
      post('/revoke-other-sessions', {}, { jar: 'a' }),
      rows(),
      get('/get-session', { jar: 'a' }),
      get('/get-session', { jar: 'b' }),
      post('/revoke-other-sessions', {}),
      post('/revoke-other-sessions', undefined, { jar: 'bob' }),
      post('/revoke-other-sessions', ['x'], { jar: 'bob' }),
    ],
  },
  {
    name: 'with an expired or unknown session',
    configuration: 'default',
    steps: [
      '/revoke-session',
      '/revoke-sessions',
      '/revoke-other-sessions',
      '/update-user',
      '/update-session',
      '/change-password',
      '/verify-password',
    ].flatMap((path, index) => {
      const body = {
        token: 'x',
        name: 'B',
        currentPassword: ALICE.password,
        newPassword: 'new password',
        password: ALICE.password,
      };
      const person = { ...ALICE, email: `user${index}@example.com` };
      return [
        signUp(person, `j${index}`),
        sql(`UPDATE session SET "expiresAt" = now() - interval '2 minutes'`),
        post(path, body, { jar: `j${index}`, name: `POST ${path}, expired` }),
        post(path, body, {
          name: `POST ${path}, unknown`,
          headers: [
            ['Cookie', 'better-auth.session_token={{sign nosuchtoken}}'],
            ['Origin', 'http://localhost:8100'],
          ],
        }),
        post(path, body, {
          name: `POST ${path}, wrong signature`,
          headers: [
            ['Cookie', 'better-auth.session_token=a.b'],
            ['Origin', 'http://localhost:8100'],
          ],
        }),
      ];
    }),
  },
];
