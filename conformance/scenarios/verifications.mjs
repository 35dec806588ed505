// How verifications are stored, and when they go.

import { ALICE, signUp } from '../src/people.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

const NEW = 'a new password';
const forgot = post('/request-password-reset', { email: ALICE.email, redirectTo: '/reset' });
const reset = (token, name) => post('/reset-password', { newPassword: NEW, token }, { name });
const PLAIN = 'plainplainplainplainplai';
const ENDED = sql(`UPDATE verification SET "expiresAt" = now() - interval '2 minutes'`);
const plainRow = (value) =>
  sql(`INSERT INTO verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
    SELECT 'plainrow', 'reset-password:${PLAIN}', ${value}, now() + interval '10 minutes', now(), now() FROM "user" u`);

const through = (configuration) => [
  {
    name: `a forgotten password: ${configuration}`,
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      forgot,
      rows(),
      get('{{link alice@example.com}}', { name: 'the link' }),
      reset('{{mailed alice@example.com}}', 'the token'),
      reset('{{mailed alice@example.com}}', 'once more'),
      rows(),
      plainRow('u.id'),
      get(`/reset-password/${PLAIN}?callbackURL=/`, { name: 'a row in plain' }),
      reset(PLAIN, 'a token in plain'),
      rows(),
      forgot,
      ENDED,
      get('{{link alice@example.com}}', { name: 'a link that has ended' }),
      reset('{{mailed alice@example.com}}', 'a token that has ended'),
    ],
  },
  {
    name: `a deletion: ${configuration}`,
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      post('/delete-user', {}, { jar: 'a' }),
      rows(),
      get('/delete-user/callback?token=unknown', { jar: 'a', name: 'another token' }),
      get('{{link alice@example.com}}', { name: 'the link', jar: 'a' }),
      rows(),
    ],
  },
  {
    name: `a sign-in at a service: ${configuration}`,
    configuration,
    steps: [
      post('/sign-in/social', { provider: 'github' }, { jar: 'a' }),
      rows(),
      get('/callback/github?state=unknown&code=x', { jar: 'a', name: 'another state' }),
      get('/callback/github?state={{a.state}}&error=access_denied', { name: 'another browser' }),
      get('/callback/github?state={{a.state}}&error=access_denied', { jar: 'a', name: 'refused' }),
      rows(),
    ],
  },
];

export default [
  'hashed identifiers',
  'hashed identifiers of some',
  'no cleanup',
].flatMap(through);
