// The plugin jwt: tokens for other services, and the keys by which they are verified.

import { ALICE, BOB, signUp } from '../src/people.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

const token = (jar, name = 'GET /token') => get('/token', { jar, name });
const withCookie = (name, cookie) => get('/token', { name, headers: [['Cookie', cookie]] });

/** What every configuration is asked. */
const tour = (configuration, keys = '/jwks') => ({
  name: `tokens and keys: ${configuration}`,
  configuration,
  steps: [
    get(keys, { name: 'the keys, before anybody signs' }),
    signUp(ALICE, 'a'),
    token('a'),
    token('a', 'another token'),
    get('/get-session', { jar: 'a' }),
    get(keys, { name: 'the keys' }),
    get('/jwks', { name: 'the keys at their usual path' }),
    rows(),
  ],
});

const configurations = [
  ['jwt'],
  ['jwt, ES256'],
  ['jwt, ES512'],
  ['jwt, PS256'],
  ['jwt, RS256'],
  ['jwt, RS256 of 3072 bits'],
  ['jwt, keys in clear'],
  ['jwt, keys elsewhere', '/.well-known/jwks.json'],
  ['jwt, keys at another server'],
  ['jwt, no header'],
  ['jwt, issuer and audience'],
  ['jwt, several audiences'],
  ['jwt, a day'],
  ['jwt, additional fields'],
  ['jwt, several algorithms'],
  ['jwt, https base URL'],
  ['jwt, serial ids'],
  ['jwt, renamed table'],
  ['jwt and bearer'],
  ['jwt, cookie cache'],
];

export default [
  ...configurations.map((configuration) => tour(...configuration)),
  {
    name: 'whose token',
    configuration: 'jwt',
    steps: [
      get('/jwks'),
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      withCookie('nobody', 'x=1'),
      withCookie('a cookie that does not hold', 'better-auth.session_token={{a.token}}.wrong'),
      withCookie('an unknown session', 'better-auth.session_token={{sign unknown}}'),
      get('/token', { name: 'no origin is needed', jar: 'a', headers: [['Origin', 'https://evil.example']] }),
      token('b'),
      post('/token', {}, { jar: 'a' }),
      post('/jwks', {}, { jar: 'a' }),
      get('/get-session', { name: 'nobody’s session' }),
      sql(`UPDATE session SET "expiresAt" = now() + interval '2 days'`),
      token('a', 'of a session that is due for refresh'),
      sql(`UPDATE session SET "expiresAt" = now() + interval '2 days'`),
      get('/get-session', { name: 'extended, with a token', jar: 'a' }),
      sql(`UPDATE session SET "expiresAt" = now() - interval '2 minutes'`),
      token('a', 'of a session that has ended'),
      get('/get-session', { jar: 'b' }),
    ],
  },
  {
    name: 'other answers carry no token',
    configuration: 'jwt',
    steps: [
      get('/jwks'),
      signUp(ALICE, 'a'),
      post('/sign-in/email', { email: ALICE.email, password: ALICE.password }, { jar: 'b' }),
      get('/list-sessions', { jar: 'a' }),
      post('/update-user', { name: 'B' }, { jar: 'a' }),
      post('/get-session', {}, { jar: 'a' }),
      post('/sign-out', {}, { jar: 'a' }),
      rows(),
    ],
  },
  {
    name: 'a key that has expired',
    configuration: 'jwt, rotation',
    steps: [
      signUp(ALICE, 'a'),
      token('a'),
      sql(`UPDATE jwks SET "expiresAt" = now() - interval '10 minutes', "createdAt" = now() - interval '1 day'`),
      get('/jwks', { name: 'within its grace period' }),
      sql(`UPDATE jwks SET "expiresAt" = now() - interval '2 hours'`),
      get('/jwks', { name: 'after its grace period' }),
    ],
  },
  {
    name: 'rows of older releases',
    configuration: 'jwt',
    steps: [
      signUp(ALICE, 'a'),
      get('/jwks'),
      sql('UPDATE jwks SET alg = NULL, crv = NULL'),
      get('/jwks', { name: 'without algorithm and curve' }),
      token('a'),
    ],
  },
  {
    name: 'a token by a token',
    configuration: 'jwt and bearer',
    steps: [
      get('/jwks'),
      signUp(ALICE, 'a'),
      get('/token', { headers: [['Authorization', 'Bearer {{a.signed}}']] }),
      get('/token', { name: 'an unknown one', headers: [['Authorization', 'Bearer unknown']] }),
      get('/get-session', { headers: [['Authorization', 'Bearer {{a.signed}}']] }),
    ],
  },
];
