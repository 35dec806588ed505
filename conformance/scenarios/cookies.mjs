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

const lives = [
  'default',
  'https base URL',
  'cookie prefix',
  'secure cookies',
  'insecure cookies on https',
  'cross-subdomain cookies',
  'cross-subdomain cookies of the base URL',
  'cookie attributes',
  'single cookies',
  'single cookies, secure',
].map((configuration) => ({ name: `cookies: ${configuration}`, configuration, steps: life }));

export default [
  ...lives,
  ...['single cookies', 'single cookies, secure'].map((configuration) => ({
    name: `cookies of a sign-in elsewhere: ${configuration}`,
    configuration,
    steps: [
      post('/sign-in/social', { provider: 'github' }, { jar: 'a' }),
      get('/callback/github?state=unknown&code=x', { jar: 'a' }),
    ],
  })),
];
