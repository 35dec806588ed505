// Every endpoint that needs a session, in every state of authentication.

import { authScenarios } from '../src/probes.mjs';

const PASSWORDS = { currentPassword: 'correct horse', newPassword: 'a new password' };

/** `[configuration, method, path, body]` */
const endpoints = [
  ['default', 'GET', '/get-session'],
  ['default', 'GET', '/list-sessions'],
  ['default', 'POST', '/revoke-session', { token: 'unknown' }],
  ['default', 'POST', '/revoke-sessions', {}],
  ['default', 'POST', '/revoke-other-sessions', {}],
  ['default', 'POST', '/update-user', { name: 'Alicia' }],
  ['default', 'POST', '/update-session', { theme: 'dark' }],
  ['default', 'POST', '/change-password', PASSWORDS],
  ['default', 'POST', '/verify-password', { password: 'correct horse' }],
  ['default', 'GET', '/list-accounts'],
  ['default', 'POST', '/unlink-account', { accountId: 'unknown' }],
  ['default', 'POST', '/get-access-token', { accountId: 'unknown' }],
  ['default', 'POST', '/refresh-token', { accountId: 'unknown' }],
  ['default', 'GET', '/account-info?accountId=unknown'],
  ['mail', 'POST', '/send-verification-email', { email: 'alice@example.com' }],
  ['mail', 'POST', '/change-email', { newEmail: 'new@example.com' }],
  ['mail', 'POST', '/delete-user', {}],
  ['mail', 'GET', '/delete-user/callback?token=unknown'],
  ['mail', 'POST', '/delete-user', { password: 'correct horse' }],
];

export default endpoints.flatMap((endpoint) => authScenarios(...endpoint));
