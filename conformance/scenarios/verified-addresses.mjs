// emailAndPassword.requireEmailVerification, and when its mails are sent

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { get, mails, post, rows, sql } from '../src/steps.mjs';

const follow = get('{{link alice@example.com}}', { name: 'GET the link' });
const again = (changes) => post('/sign-up/email', { ...ALICE, ...changes });
const signInWith = (changes) =>
  post('/sign-in/email', { email: ALICE.email, password: ALICE.password, ...changes }, { jar: 'a' });

const configurations = [
  'verified addresses only',
  'verified addresses only, mail on sign-in',
  'verified addresses only, no mail',
];

export default [
  ...configurations.map((configuration) => ({
    name: 'signing up does not sign in',
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      mails('after sign-up'),
      get('/get-session', { jar: 'a' }),
      signIn(ALICE, 'a'),
      signInWith({ password: 'wrong password' }),
      signInWith({ callbackURL: '/welcome?x=1' }),
      signInWith({ callbackURL: 'https://evil.example' }),
      signInWith({ rememberMe: false }),
      mails('after sign-in'),
      sql('UPDATE "user" SET "emailVerified" = true'),
      signIn(ALICE, 'a'),
      mails('once verified'),
    ],
  })),
  ...configurations.map((configuration) => ({
    name: 'a second sign-up looks like the first',
    configuration,
    steps: [
      signUp(ALICE),
      mails(),
      again({ name: 'Mallory', image: 'https://img.example/m.png', email: 'ALICE@example.com' }),
      again({ password: 'another password' }),
      again({ password: 'short' }),
      again({ rememberMe: false, callbackURL: '/x' }),
      mails('to the one who has the account'),
      sql('UPDATE "user" SET "emailVerified" = true'),
      again({}),
      mails('verified'),
      rows('one user'),
    ],
  })),
  {
    name: 'callback URLs of sign-up in the mail',
    configuration: 'verified addresses only',
    steps: [
      ...[
        '',
        '/welcome',
        'welcome',
        '/ü b?x=1&y=2',
        '//evil.example',
        'https://evil.example',
        'http://localhost:8100/x',
      ].map((callbackURL, index) => post('/sign-up/email', { ...ALICE, email: `c${index}@example.com`, callbackURL })),
      mails(),
    ],
  },
  {
    name: 'from sign-up to sign-in',
    configuration: 'verified addresses only',
    steps: [
      signUp({ ...ALICE, callbackURL: '/welcome' }, 'a'),
      mails(),
      follow,
      signIn(ALICE, 'a'),
      get('/get-session', { jar: 'a' }),
      signUp(BOB, 'a'),
      mails(),
    ],
  },
  {
    name: 'asking again for the mail',
    configuration: 'verified addresses only',
    steps: [
      signUp(ALICE),
      post('/send-verification-email', { email: ALICE.email, callbackURL: '/x' }),
      mails(),
      follow,
      signIn(ALICE, 'a'),
    ],
  },
  {
    name: 'asking for the mail where none can be sent',
    configuration: 'verified addresses only, no mail',
    steps: [signUp(ALICE), post('/send-verification-email', { email: ALICE.email })],
  },
];
