// GET /list-accounts, POST /unlink-account, POST /get-access-token, POST /refresh-token, GET /account-info

import { ALICE, BOB, signUp } from '../src/people.mjs';
import { bodyProbes, queryProbes, shapeProbes } from '../src/probes.mjs';
import { get, post, postForm, rows, sql } from '../src/steps.mjs';

const CONFIGURATION = 'accounts of providers';
const list = get('/list-accounts', { jar: 'a' });
const unlink = (accountId, extra = {}) => post('/unlink-account', { accountId }, { jar: 'a', ...extra });

/** Rows of accounts of Alice: what a sign-in with a provider leaves. `columns` are SQL expressions by name. */
const account = (id, providerId, columns = {}, owner = ALICE) => {
  const values = {
    id: `'${id}'`,
    accountId: `'subject-of-${id}'`,
    providerId: `'${providerId}'`,
    userId: `(SELECT id FROM "user" WHERE email = '${owner.email}')`,
    createdAt: 'now()',
    updatedAt: 'now()',
    ...columns,
  };
  const names = Object.keys(values).map((name) => `"${name}"`);
  return sql(`INSERT INTO account (${names}) VALUES (${Object.values(values)})`);
};
const tokens = {
  accessToken: `'access'`,
  refreshToken: `'refresh'`,
  idToken: `'identity'`,
  accessTokenExpiresAt: `now() + interval '1 hour'`,
  refreshTokenExpiresAt: `now() + interval '30 days'`,
  scope: `'openid,email'`,
};

/** Each of the endpoints that name an account by its row. */
const asked = (selection) => [
  post('/get-access-token', selection, { jar: 'a' }),
  post('/refresh-token', selection, { jar: 'a' }),
  get(`/account-info?${new URLSearchParams(selection)}`, { jar: 'a' }),
];

/** Selections that are none, or one too many. */
const selections = [
  { accountId: 'g', userId: 'someone' },
  { accountId: 'g', userId: 1 },
  { accountId: 'g', useAccountCookie: true },
  { accountId: 'g', providerId: 'google' },
  { providerId: 'google' },
  { providerId: 'google', accountId: 'subject-of-g' },
  { providerId: 'google', userId: 'someone' },
  { useAccountCookie: true },
  { useAccountCookie: false },
  { useAccountCookie: 'true' },
  { useAccountCookie: true, userId: 'someone' },
  { useAccountCookie: true, unknown: 1 },
  { accountId: '' },
  { accountId: 'subject-of-g' },
  { accountId: 'b' },
];

export default [
  {
    name: 'accounts of a user',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      list,
      account('g', 'google', tokens),
      account('h', 'github', { scope: `'read:user, user:email,'`, updatedAt: `now() - interval '1 day'` }),
      account('u', 'vercel', { scope: `''` }),
      account('v', 'gone', { scope: `' one '` }),
      account('b', 'google', tokens, BOB),
      list,
      get('/list-accounts?userId=x', { jar: 'b' }),
    ],
  },
  {
    name: 'unlinking',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      unlink('unknown', { name: 'the last one, unknown' }),
      unlink(
        `{{sql SELECT id FROM account WHERE "userId" = (SELECT id FROM "user" WHERE email = 'alice@example.com')}}`,
        {
          name: 'the last one',
        },
      ),
      account('g', 'google', tokens),
      account('g2', 'google', { accountId: `'another'` }),
      account('b', 'google', tokens, BOB),
      unlink('unknown'),
      unlink('google', { name: 'by provider' }),
      unlink('subject-of-g', { name: 'by the id at the provider' }),
      unlink('b', { name: 'another user’s' }),
      post('/unlink-account', { providerId: 'google' }, { jar: 'a' }),
      post('/unlink-account', { providerId: 'google', accountId: 'subject-of-g' }, { jar: 'a' }),
      rows('all are there'),
      unlink('g'),
      unlink('g', { name: 'once more' }),
      list,
      unlink('{{sql SELECT id FROM account WHERE "providerId" = \'credential\' ORDER BY "createdAt" LIMIT 1}}', {
        name: 'the password',
      }),
      unlink('g2', { name: 'the last one' }),
    ],
  },
  {
    name: 'unlinking the last account',
    configuration: 'last account may go',
    steps: [
      signUp(ALICE, 'a'),
      unlink('unknown'),
      unlink('{{sql SELECT id FROM account}}', { name: 'the last one' }),
      list,
      unlink('unknown'),
    ],
  },
  {
    name: 'fields of unlinking',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      account('g', 'google'),
      ...bodyProbes('/unlink-account', { accountId: 'unknown' }, { jar: 'a' }),
      ...shapeProbes('/unlink-account', { jar: 'a' }),
      postForm('/unlink-account', { accountId: 'unknown' }, { jar: 'a' }),
    ],
  },
  {
    name: 'access tokens that are still good',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      account('g', 'google', tokens),
      account('h', 'github', { accessToken: `'access'` }),
      account('e', 'google', {
        ...tokens,
        accountId: `'e'`,
        accessTokenExpiresAt: `now() - interval '1 hour'`,
        refreshToken: 'NULL',
      }),
      account('n', 'google', { accountId: `'n'` }),
      ...['g', 'h', 'e', 'n'].map((accountId) => post('/get-access-token', { accountId }, { jar: 'a' })),
      rows('unchanged'),
    ],
  },
  {
    name: 'accounts for which there is nothing to do',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      account('h', 'github'),
      account('v', 'vercel', { accessToken: `'access'` }),
      account('u', 'gone', tokens),
      account('b', 'google', tokens, BOB),
      ...asked({ accountId: 'unknown' }),
      ...asked({ accountId: 'u' }),
      ...asked({ accountId: 'b' }),
      post('/refresh-token', { accountId: 'h' }, { jar: 'a' }),
      post('/refresh-token', { accountId: 'v' }, { jar: 'a' }),
      get('/account-info?accountId=h', { jar: 'a' }),
      ...asked({
        accountId: `{{sql SELECT id FROM account WHERE "providerId" = 'credential' ORDER BY "createdAt" LIMIT 1}}`,
      }).slice(0, 2),
      get(
        `/account-info?accountId={{sql SELECT id FROM account WHERE "providerId" = 'credential' ORDER BY "createdAt" LIMIT 1}}`,
        { jar: 'a' },
      ),
    ],
  },
  {
    name: 'which account is meant',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      account('g', 'gone', tokens),
      account('b', 'gone', { ...tokens, accountId: `'b'` }, BOB),
      ...selections.flatMap(asked),
    ],
  },
  {
    name: 'fields of tokens',
    configuration: CONFIGURATION,
    steps: [
      signUp(ALICE, 'a'),
      ...['/get-access-token', '/refresh-token'].flatMap((path) => [
        ...bodyProbes(path, { accountId: 'unknown' }, { jar: 'a' }),
        ...bodyProbes(path, { useAccountCookie: true }, { jar: 'a' }),
        ...shapeProbes(path, { jar: 'a' }),
        postForm(path, { accountId: 'unknown' }, { jar: 'a' }),
      ]),
      ...queryProbes(
        '/account-info',
        [
          '',
          '?accountId',
          '?accountId=',
          '?accountId=a&accountId=b',
          '?useAccountCookie=true',
          '?useAccountCookie',
          '?userId=x',
          '?accountId=x&unknown=1',
          '?providerId=google',
        ],
        { jar: 'a' },
      ),
      post('/account-info', { accountId: 'x' }, { jar: 'a' }),
    ],
  },
];
