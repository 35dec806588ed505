// POST /sign-out

import { ALICE, signIn, signUp } from '../src/people.mjs';
import { get, post, sql } from '../src/steps.mjs';

export default [
  {
    name: 'signing out ends the session',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      post('/sign-out', {}, { jar: 'a' }),
      get('/get-session', { jar: 'a' }),
      get('/get-session', { jar: 'b' }),
    ],
  },
  {
    name: 'without a session',
    configuration: 'default',
    steps: [
      post('/sign-out', {}),
      post('/sign-out', undefined),
      post('/sign-out', { callbackURL: '/bye', disableRedirect: true, state: 's' }),
      post('/sign-out', { callbackURL: 'https://evil.example' }),
      post('/sign-out', { callbackURL: 1 }),
      post('/sign-out', { disableRedirect: 'x' }),
      post('/sign-out', { state: null }),
      post('/sign-out', { unknown: 1 }),
      post(
        '/sign-out',
        {},
        {
          name: 'an unknown session',
          headers: [
            ['Cookie', 'better-auth.session_token={{sign nosuchtoken}}'],
            ['Origin', 'http://localhost:8100'],
          ],
        },
      ),
      post(
        '/sign-out',
        {},
        {
          name: 'a wrong signature',
          headers: [
            ['Cookie', 'better-auth.session_token=abc.def'],
            ['Origin', 'http://localhost:8100'],
          ],
        },
      ),
    ],
  },
  {
    name: 'twice with the same cookie',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[1, 2].map((time) =>
        post(
          '/sign-out',
          {},
          {
            name: `time ${time}`,
            headers: [
              ['Cookie', 'better-auth.session_token={{a.cookie}}'],
              ['Origin', 'http://localhost:8100'],
            ],
          },
        ),
      ),
    ],
  },
  {
    name: 'an expired session',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      sql(`UPDATE session SET "expiresAt" = now() - interval '1 hour'`),
      post('/sign-out', {}, { jar: 'a' }),
    ],
  },
  {
    name: 'a session that is not remembered',
    configuration: 'default',
    steps: [signUp({ ...ALICE, rememberMe: false }, 'a'), post('/sign-out', {}, { jar: 'a' })],
  },
  {
    name: 'needs an origin',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      post('/sign-out', {}, { jar: 'a', headers: [['Origin', null]] }),
      post('/sign-out', {}, { jar: 'a', headers: [['Origin', 'https://evil.example']] }),
      get('/get-session', { jar: 'a' }),
    ],
  },
];
