// Names and attributes of cookies under each setting, through a whole life of a session.

import { ALICE, signIn, signUp } from '../src/people.mjs';
import { get, post } from '../src/steps.mjs';

const life = [
  signUp(ALICE, 'a'),
  get('/get-session', { jar: 'a' }),
  post('/update-user', { name: 'B' }, { jar: 'a' }),
  signIn(ALICE, 'b'),
  post('/sign-in/email', { email: ALICE.email, password: ALICE.password, rememberMe: false }, { jar: 'c' }),
  get('/get-session', { jar: 'c' }),
  get('/list-sessions', { jar: 'c' }),
  post(
    '/change-password',
    { currentPassword: ALICE.password, newPassword: 'a new password', revokeOtherSessions: true },
    { jar: 'b' },
  ),
  get('/get-session', { jar: 'a' }),
  post('/revoke-session', { token: '{{b.token}}' }, { jar: 'b' }),
  post('/sign-out', {}, { jar: 'c' }),
];

export default [
  'default',
  'https base URL',
  'cookie prefix',
  'secure cookies',
  'insecure cookies on https',
  'cross-subdomain cookies',
  'cross-subdomain cookies of the base URL',
  'cookie attributes',
].map((configuration) => ({ name: `cookies: ${configuration}`, configuration, steps: life }));
