// POST /change-password and POST /verify-password

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

const NEW = 'a new password';
const good = { currentPassword: ALICE.password, newPassword: NEW };
const change = (changes, extra = {}) => post('/change-password', { ...good, ...changes }, { jar: 'a', ...extra });
const verify = (password, extra = {}) => post('/verify-password', { password }, { jar: 'a', ...extra });
const older = sql(`UPDATE account SET "createdAt" = now() - interval '1 day', "updatedAt" = now() - interval '1 day'`);

export default [
  {
    name: 'changing a password',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      older,
      change({}),
      rows(),
      get('/get-session', { jar: 'b' }),
      signIn(ALICE),
      signIn({ ...ALICE, password: NEW }),
      change({}, { name: 'the old password' }),
      change({ currentPassword: NEW, newPassword: NEW }, { name: 'the same password' }),
    ],
  },
  {
    name: 'changing a password and ending the other sessions',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      signUp(BOB, 'bob'),
      change({ revokeOtherSessions: true }),
      get('/get-session', { jar: 'a' }),
      get('/get-session', { jar: 'b' }),
      get('/get-session', { jar: 'bob' }),
    ],
  },
  {
    name: 'sessions stay',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signIn(ALICE, 'b'),
      change({ revokeOtherSessions: false }),
      get('/get-session', { jar: 'b' }),
    ],
  },
  {
    name: 'ending the other sessions of a session that is not remembered',
    configuration: 'default',
    steps: [
      signUp({ ...ALICE, rememberMe: false }, 'a'),
      change({ revokeOtherSessions: true }),
      get('/get-session', { jar: 'a' }),
    ],
  },
  {
    name: 'changing: limits',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...['', '1234567', 'p'.repeat(129), '🦀'.repeat(65), '🦀🦀🦀'].map((newPassword) => change({ newPassword })),
      change({ currentPassword: 'p'.repeat(129) }),
      change({ currentPassword: '' }),
      change({ currentPassword: 'wrong password' }),
      change({ currentPassword: 'wrong password', newPassword: 'short' }),
      change({ currentPassword: 'p'.repeat(129), newPassword: 'short' }),
      change({ newPassword: 'p'.repeat(128) }),
    ],
  },
  {
    name: 'changing: bad requests',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      post('/change-password', {}, { jar: 'a' }),
      post('/change-password', { newPassword: NEW }, { jar: 'a' }),
      post('/change-password', { currentPassword: ALICE.password }, { jar: 'a' }),
      ...['currentPassword', 'newPassword', 'revokeOtherSessions'].flatMap((field) =>
        [null, 1, [], {}, 'true']
          .filter((value) => value !== 'true' || field === 'revokeOtherSessions')
          .map((value) => change({ [field]: value })),
      ),
      post('/change-password', [], { jar: 'a' }),
      post('/change-password', undefined, { jar: 'a' }),
      post('/change-password', good),
      post('/change-password', {}),
      change({}, { headers: [['Origin', null]] }),
      change({ revokeOtherSessions: true }, { headers: [['Origin', 'https://evil.example']] }),
      change({ unknown: 1 }),
    ],
  },
  {
    name: 'accounts without a password',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      sql('UPDATE account SET password = NULL'),
      change({}),
      verify(ALICE.password),
      change({ newPassword: 'short' }),
      sql(`UPDATE account SET "providerId" = 'github'`),
      change({}),
      verify(ALICE.password),
      sql('DELETE FROM account'),
      change({}),
      verify(ALICE.password),
    ],
  },
  {
    name: 'verifying a password',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      verify(ALICE.password),
      verify('wrong password'),
      verify(''),
      verify('short'),
      verify('p'.repeat(128)),
      verify('p'.repeat(129)),
      ...[null, 1, [], {}, true].map((value) => verify(value)),
      post('/verify-password', {}, { jar: 'a' }),
      post('/verify-password', [], { jar: 'a' }),
      post('/verify-password', undefined, { jar: 'a' }),
      post('/verify-password', { password: ALICE.password }),
      post('/verify-password', {}),
      verify(ALICE.password, { headers: [['Origin', null]] }),
      verify(ALICE.password, { headers: [['Origin', 'https://evil.example']] }),
      get('/get-session', { jar: 'a' }),
    ],
  },
  {
    name: 'changing: limits from the settings',
    configuration: 'password lengths',
    steps: [
      signUp({ ...ALICE, password: '1234' }, 'a'),
      ...['123', '1234567890123', '123456789012'].map((newPassword) =>
        change({ currentPassword: '1234', newPassword }),
      ),
      verify('1234567890123'),
    ],
  },
];
