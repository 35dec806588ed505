// The plugin bearer: the session token in the header Authorization.

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { get, post, request, rows, sql } from '../src/steps.mjs';

const authorization = (value) => ['Authorization', value];
const bearer = (token) => authorization(`Bearer ${token}`);
const ORIGIN = ['Origin', 'http://localhost:8100'];
const EVIL = ['Origin', 'https://evil.example'];
const COOKIE = (value) => ['Cookie', `better-auth.session_token=${value}`];

/** `[method, path, body]` of every kind of endpoint: that reads, that writes, that wants a fresh session, that wants none. */
const endpoints = [
  ['GET', '/get-session'],
  ['GET', '/list-sessions'],
  ['GET', '/list-accounts'],
  ['POST', '/update-user', { name: 'Alicia' }],
  ['POST', '/update-session', { theme: 'dark' }],
  ['POST', '/verify-password', { password: ALICE.password }],
  ['POST', '/revoke-session', { token: 'unknown' }],
  ['POST', '/revoke-other-sessions', {}],
  ['POST', '/change-password', { currentPassword: ALICE.password, newPassword: ALICE.password }],
  ['POST', '/change-email', { newEmail: 'new@example.com' }],
  ['POST', '/unlink-account', { accountId: 'unknown' }],
  ['POST', '/get-access-token', { accountId: 'unknown' }],
  ['GET', '/account-info?accountId=unknown'],
  ['GET', '/ok'],
  ['POST', '/sign-in/email', { email: ALICE.email, password: ALICE.password }],
  ['POST', '/sign-in/email', { email: ALICE.email, password: 'wrong password' }],
  ['POST', '/sign-up/email', BOB],
  ['POST', '/sign-out', {}],
  ['POST', '/get-session', {}],
];

/** `[name, header]` of Alice's own tokens and of what is none. */
const headers = [
  ['the token', bearer('{{a.token}}')],
  ['the signed token', bearer('{{a.signed}}')],
  ['the signed token, encoded', bearer('{{a.cookie}}')],
  ['another case', authorization('bEaReR {{a.signed}}')],
  ['spaces around it', authorization('Bearer    {{a.signed}}   ')],
  ['no space', authorization('Bearer{{a.signed}}')],
  ['a tab', authorization('Bearer\t{{a.signed}}')],
  ['no token', authorization('Bearer ')],
  ['no scheme', authorization('{{a.signed}}')],
  ['another scheme', authorization('Basic {{a.signed}}')],
  ['an empty header', authorization('')],
  ['an unknown token', bearer('unknown')],
  ['an unknown token, signed', bearer('{{sign unknown}}')],
  ['a wrong signature', bearer(`{{a.token}}.${'A'.repeat(43)}=`)],
  ['an empty signature', bearer('{{a.token}}.')],
  ['an empty token with a signature', bearer('.{{a.token}}')],
  ['three parts', bearer('{{a.signed}}.x')],
  ['a signature without its padding', bearer('{{a.token}}.{{unpadded a}}')],
  ['broken encoding', bearer('{{a.token}}.%zz')],
  ['an encoded token without a signature', bearer('%41{{a.token}}')],
  ['a token with a semicolon', bearer('{{a.token}};x=y')],
  ['a token with an equals sign', bearer('{{a.token}}=')],
  ['two tokens', bearer('{{a.token}} {{a.token}}')],
  ['a JWT', bearer('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA')],
];

const call = ([method, path, body], name, extra) =>
  method === 'GET' ? request('GET', path, { name, ...extra }) : post(path, body, { name, ...extra });

const show = ([method, path, body]) => `${method} ${path}${body?.password === 'wrong password' ? ', wrong password' : ''}`;

const everyToken = (configuration) => ({
  name: `tokens that hold, and tokens that do not: ${configuration}`,
  configuration,
  steps: [
    signUp(ALICE, 'a'),
    ...headers.map(([name, header]) => get('/get-session', { name, headers: [header] })),
    ...headers.map(([name, header]) => post('/update-user', { name: 'B' }, { name: `POST: ${name}`, headers: [header] })),
    get('/get-session', { name: 'two headers', headers: [bearer('{{a.signed}}'), bearer('unknown')] }),
  ],
});

const everyEndpoint = (configuration, token) =>
  endpoints.map((endpoint) => ({
    name: `${show(endpoint)} by ${token}: ${configuration}`,
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      call(endpoint, 'no origin', { headers: [bearer(`{{a.${token}}}`)] }),
      call(endpoint, 'of a page', { headers: [bearer(`{{a.${token}}}`), ORIGIN] }),
      call(endpoint, 'of a page of elsewhere', { headers: [bearer(`{{a.${token}}}`), EVIL] }),
      call(endpoint, 'a token that is none', { headers: [bearer('unknown')] }),
    ],
  }));

/** A token and a cookie in one request. */
const both = (configuration) => ({
  name: `a token and a cookie: ${configuration}`,
  configuration,
  steps: [
    signUp(ALICE, 'a'),
    signUp(BOB, 'b'),
    get('/get-session', { name: 'the cookie of Bob', headers: [bearer('{{a.signed}}'), COOKIE('{{b.cookie}}')] }),
    get('/get-session', { name: 'the same token', headers: [bearer('{{a.signed}}'), COOKIE('{{a.cookie}}')] }),
    get('/get-session', { name: 'a cookie that is none', headers: [bearer('{{a.signed}}'), COOKIE('wrong')] }),
    get('/get-session', { name: 'a token that is none', headers: [bearer('wrong.wrong'), COOKIE('{{b.cookie}}')] }),
    get('/get-session', { name: 'an unknown token', headers: [bearer('unknown'), COOKIE('{{b.cookie}}')] }),
    get('/get-session', { name: 'other cookies', headers: [bearer('{{a.token}}'), ['Cookie', 'x=1; y="2"']] }),
    post('/update-user', { name: 'B' }, { name: 'of a page of elsewhere', jar: 'b', headers: [bearer('{{a.signed}}'), EVIL] }),
    post('/update-user', { name: 'B' }, { name: 'no origin', jar: 'b', headers: [bearer('{{a.signed}}'), ['Origin', null]] }),
    post('/update-user', { name: 'B' }, { name: 'of a page', jar: 'b', headers: [bearer('{{a.signed}}')] }),
    post('/sign-out', {}, { name: 'Alice signs out', jar: 'b', headers: [bearer('{{a.signed}}')] }),
    rows(),
  ],
});

/** When an answer carries a token. */
const answers = (configuration) => ({
  name: `answers with a token: ${configuration}`,
  configuration,
  steps: [
    signUp(ALICE, 'a'),
    signIn(ALICE, 'b'),
    post('/sign-in/email', { email: ALICE.email, password: ALICE.password, rememberMe: false }, { jar: 'c' }),
    get('/get-session', { jar: 'a' }),
    sql(`UPDATE session SET "expiresAt" = now() + interval '2 days'`),
    get('/get-session', { name: 'extended', headers: [bearer('{{a.token}}')] }),
    get('/list-sessions', { jar: 'b', name: 'extended by another endpoint' }),
    post('/update-user', { name: 'B' }, { headers: [bearer('{{b.signed}}')] }),
    post(
      '/change-password',
      { currentPassword: ALICE.password, newPassword: 'a new password', revokeOtherSessions: true },
      { name: 'a new session', headers: [bearer('{{b.signed}}')] },
    ),
    get('/get-session', { name: 'of a session that is gone', headers: [bearer('{{b.signed}}')] }),
    post('/sign-out', {}, { jar: 'a' }),
    post('/sign-in/email', { email: ALICE.email, password: 'wrong password' }),
  ],
});

const all = ['bearer', 'bearer, signed tokens only', 'bearer, cookie cache'];

export default [
  ...all.map(everyToken),
  ...everyEndpoint('bearer', 'token'),
  ...everyEndpoint('bearer', 'signed'),
  ...everyEndpoint('bearer, signed tokens only', 'token'),
  ...everyEndpoint('bearer, cookie cache', 'signed'),
  ...all.map(both),
  ...all.map(answers),
  {
    name: 'a token where the plugin is not',
    configuration: 'default',
    steps: [signUp(ALICE, 'a'), get('/get-session', { headers: [bearer('{{a.signed}}')] })],
  },
];
