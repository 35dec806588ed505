// POST /sign-in/email

import { ALICE, credentials, signIn, signUp } from '../src/people.mjs';
import { get, post, sql } from '../src/steps.mjs';

const inn = (changes, extra) => post('/sign-in/email', { ...credentials(ALICE), ...changes }, extra);

export default [
  {
    name: 'right and wrong credentials',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      signIn(ALICE, 'alice'),
      inn({ email: 'ALICE@Example.com' }),
      inn({ password: 'wrong password' }),
      inn({ password: 'Correct horse' }),
      inn({ password: '' }),
      inn({ password: 'short' }),
      inn({ password: 'p'.repeat(128) }),
      inn({ password: 'p'.repeat(129) }),
      inn({ password: '🦀'.repeat(65) }),
      inn({ email: 'nobody@example.com' }),
      inn({ email: 'nobody@example.com', password: 'p'.repeat(129) }),
      inn({ email: 'nobody@example.com', password: '' }),
      inn({ email: ' alice@example.com' }),
      inn({ email: 'alice+x@example.com' }),
      inn({ unknown: 'x' }),
    ],
  },
  {
    name: 'missing fields and wrong types',
    configuration: 'default',
    steps: [
      post('/sign-in/email', { email: ALICE.email }),
      post('/sign-in/email', { password: ALICE.password }),
      post('/sign-in/email', {}),
      ...['email', 'password', 'callbackURL', 'rememberMe'].flatMap((field) =>
        [null, 1, true, [], {}].map((value) => inn({ [field]: value })),
      ),
      inn({ rememberMe: 'false' }),
      inn({ rememberMe: 0 }),
      inn({ email: 1, password: 2, rememberMe: 'x' }),
    ],
  },
  {
    name: 'addresses that are none',
    configuration: 'default',
    steps: ['', 'nonsense', 'a@b', 'ä@b.co', 'a@b.co ', 'A@B.CO', '.a@b.co'].map((email) => inn({ email })),
  },
  {
    name: 'remember me',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      inn({ rememberMe: false }, { jar: 'short' }),
      get('/get-session', { jar: 'short' }),
      inn({ rememberMe: true }, { jar: 'long' }),
      get('/get-session', { jar: 'long' }),
      inn({ rememberMe: true }, { jar: 'short', name: 'remembered after all' }),
      inn({ rememberMe: false }, { jar: 'long', name: 'no longer remembered' }),
      inn({}, { jar: 'long', name: 'neither said' }),
    ],
  },
  {
    name: 'callback URLs redirect',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      ...['/welcome', '', '/a?b=c#d', 'http://localhost:8100/x', '/zoë', '/%E2%82%AC', '/a b'].map((callbackURL) =>
        inn({ callbackURL }),
      ),
      post('/sign-in/email?callbackURL=/query', credentials(ALICE)),
      post('/sign-in/email?callbackURL=https://evil.example', credentials(ALICE)),
      post('/sign-in/email?callbackURL=a&callbackURL=b', credentials(ALICE)),
      inn({ callbackURL: '/ok', password: 'wrong password' }),
    ],
  },
  {
    name: 'callback URLs that a header cannot hold as they are',
    configuration: 'trusted origins',
    steps: ['/\u2028', '/\u20ac', 'https://app\u3002example'].flatMap((callbackURL, index) => {
      const person = { ...ALICE, email: `user${index}@example.com` };
      return [signUp(person), post('/sign-in/email', { ...credentials(person), callbackURL })];
    }),
  },
  {
    name: 'accounts without a usable password',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      sql('UPDATE account SET password = NULL'),
      signIn(ALICE),
      sql(`UPDATE account SET password = 'nonsense'`),
      signIn(ALICE),
      sql(`UPDATE account SET password = ''`),
      signIn(ALICE),
      sql(`UPDATE account SET password = 'a:b'`),
      signIn(ALICE),
      sql(`UPDATE account SET "providerId" = 'github'`),
      signIn(ALICE),
      sql('DELETE FROM account'),
      signIn(ALICE),
      post('/sign-up/email', ALICE),
    ],
  },
  {
    name: 'an account whose id is not the user’s',
    configuration: 'default',
    steps: [signUp(ALICE), sql(`UPDATE account SET "accountId" = 'other'`), signIn(ALICE)],
  },
  {
    name: 'equal passwords in other normal forms',
    configuration: 'default',
    steps: [
      signUp({ ...ALICE, password: 'ﬁﬀ Ångström' }),
      inn({ password: 'fiff Ångström' }),
      inn({ password: 'fiff A\u030angstro\u0308m' }),
      inn({ password: 'ﬁﬀ Angstrom' }),
    ],
  },
  {
    name: 'signing in while signed in',
    configuration: 'default',
    steps: [signUp(ALICE, 'alice'), signIn(ALICE, 'alice'), get('/get-session', { jar: 'alice' })],
  },
  {
    name: 'a stored address with capitals',
    configuration: 'default',
    steps: [signUp(ALICE), sql(`UPDATE "user" SET email = 'Alice@Example.com'`), signIn(ALICE)],
  },
];
