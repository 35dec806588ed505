// disabledPaths with the endpoints around mail and accounts

import { ALICE, signUp } from '../src/people.mjs';
import { get, mails, post } from '../src/steps.mjs';

export default [
  {
    name: 'disabled paths of mail and accounts',
    configuration: 'paths of mail disabled',
    steps: [
      signUp(ALICE, 'a'),
      post('/send-verification-email', { email: ALICE.email }, { jar: 'a' }),
      get('/verify-email?token=x', { jar: 'a' }),
      post('/request-password-reset', { email: ALICE.email }),
      post('/reset-password', { newPassword: 'a new password', token: 'x' }),
      get('/reset-password/x?callbackURL=/'),
      get('/reset-password/:token?callbackURL=/'),
      post('/change-email', { newEmail: 'new@example.com' }, { jar: 'a' }),
      post('/delete-user', {}, { jar: 'a' }),
      get('/delete-user/callback?token=x', { jar: 'a' }),
      get('/list-accounts', { jar: 'a' }),
      get('/list-accounts/', { jar: 'a' }),
      get('/get-session', { jar: 'a' }),
      mails('none'),
    ],
  },
];
