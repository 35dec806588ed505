// The cookie cache: a copy of the session in a cookie, in each of its forms.

import { ALICE, BOB, signIn, signUp } from '../src/people.mjs';
import { authScenarios } from '../src/probes.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

const read = (jar, name = 'GET /get-session', query = '') => get(`/get-session${query}`, { name, jar });
const write = (jar, name) => post('/update-user', { name }, { jar });

/** A request of Alice with this copy of her session. */
const withCopy = (name, data, extra = {}) =>
  get('/get-session', {
    name,
    headers: [['Cookie', `better-auth.session_token={{a.cookie}}; better-auth.session_data=${data}`]],
    ...extra,
  });

/** The same with a copy of the scenario's own making. */
const made = (name, copy) => withCopy(name, '{{copy made}}', { copies: { made: { of: 'a', ...copy } } });

/** The row says something else than the copy. */
const RENAMED = sql(`UPDATE "user" SET name = 'Renamed'`);

/** Moves the end of all sessions to this long from now. */
const endsIn = (interval) => sql(`UPDATE session SET "expiresAt" = now() + interval '${interval}'`);

/** Every endpoint that asks whose request it is. */
const asked = (jar) => [
  read(jar),
  get('/list-sessions', { jar }),
  get('/list-accounts', { jar }),
  post('/update-session', { theme: 'dark' }, { jar }),
  post('/update-user', { name: 'B' }, { jar }),
  post('/verify-password', { password: ALICE.password }, { jar }),
  post('/revoke-session', { token: 'unknown' }, { jar }),
  post('/revoke-other-sessions', {}, { jar }),
  post('/change-password', { currentPassword: ALICE.password, newPassword: ALICE.password }, { jar }),
  post('/unlink-account', { accountId: 'unknown' }, { jar }),
  post('/get-access-token', { accountId: 'unknown' }, { jar }),
];

const life = [
  signUp(ALICE, 'a'),
  read('a'),
  RENAMED,
  read('a', 'the copy is older than the row'),
  read('a', 'not from the copy', '?disableCookieCache=true'),
  read('a', 'the copy is new'),
  write('a', 'B'),
  read('a'),
  signIn(ALICE, 'b'),
  post('/sign-in/email', { email: ALICE.email, password: ALICE.password, rememberMe: false }, { jar: 'c' }),
  read('c'),
  read('c', 'not remembered, not from the copy', '?disableCookieCache=true'),
  get('/list-sessions', { jar: 'c' }),
  write('c', 'C'),
  post(
    '/change-password',
    { currentPassword: ALICE.password, newPassword: 'a new password', revokeOtherSessions: true },
    { jar: 'b' },
  ),
  read('b'),
  read('a', 'revoked, with a copy'),
  read('a', 'revoked, not from the copy', '?disableCookieCache=true'),
  read('a', 'once more'),
  post('/revoke-session', { token: '{{b.token}}' }, { jar: 'b' }),
  post('/sign-out', {}, { jar: 'c' }),
];

const forms = (configuration, strategy) => [
  { name: `a copy through the life of a session, ${strategy}`, configuration, steps: life },
  {
    name: `a session that was revoked elsewhere, ${strategy}`,
    configuration,
    steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), sql('DELETE FROM session'), ...asked('a'), post('/sign-out', {}, { jar: 'b' })],
  },
  {
    name: `a user who is gone, ${strategy}`,
    configuration,
    steps: [signUp(ALICE, 'a'), sql('DELETE FROM "user"'), read('a'), get('/list-sessions', { jar: 'a' }), write('a', 'B')],
  },
  {
    name: `copies that hold, and copies that do not, ${strategy}`,
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      RENAMED,
      withCopy('as it was set', '{{a.copy}}'),
      made('sealed again', {}),
      made('ended', { expires: -60 }),
      // Of a token without an end it depends on the millisecond whether better-auth believes it.
      ...(strategy === 'compact' ? [made('without an end', { expires: null })] : []),
      made('of a session that has ended', { set: { 'session.expiresAt': '2020-01-01T00:00:00.000Z' } }),
      made('of a session that ends at no time', { set: { 'session.expiresAt': 'never' } }),
      made('of another session', { set: { 'session.token': 'x' } }),
      withCopy('of another user', '{{b.copy}}'),
      made('of another version', { set: { version: '2' } }),
      made('of an empty version', { set: { version: '' } }),
      made('without a version', { set: { version: undefined } }),
      made('of a version that is no text', { set: { version: 1 } }),
      made('without a user', { set: { user: undefined } }),
      made('without a session', { set: { session: undefined } }),
      made('without its age', { set: { updatedAt: undefined } }),
      made('of an age that is no number', { set: { updatedAt: 'now' } }),
      made('with a name that is none', { set: { 'user.name': 7 } }),
      made('with another name', { set: { 'user.name': 'Mallory' } }),
      made('with a member more', { set: { 'user.more': 1, more: 2 } }),
      made('sealed with another secret', { secret: 'another secret of 32 characters!' }),
      ...['compact', 'jwt', 'jwe'].filter((other) => other !== strategy).map((other) => made(`in the form of ${other}`, { strategy: other })),
      withCopy('empty', ''),
      withCopy('nonsense', 'nonsense'),
      withCopy('three parts of nonsense', 'a.b.c'),
      withCopy('five parts of nonsense', 'a.b.c.d.e'),
      withCopy('an empty object', Buffer.from('{}').toString('base64url')),
      withCopy('with a character more', '{{a.copy}}x'),
      withCopy('in one piece', 'x; better-auth.session_data.0={{a.copy}}'),
      get('/get-session', {
        name: 'without a token',
        headers: [['Cookie', 'better-auth.session_data={{a.copy}}']],
      }),
      get('/get-session', {
        name: 'with a token that does not hold',
        headers: [['Cookie', 'better-auth.session_token=wrong.signature; better-auth.session_data={{a.copy}}']],
      }),
      ...['.0', '.1', '.00', '.x', '.-1'].map((piece) =>
        get('/get-session', {
          name: `as a piece ${piece}`,
          headers: [['Cookie', `better-auth.session_token={{a.cookie}}; better-auth.session_data${piece}={{a.copy}}`]],
        }),
      ),
    ],
  },
  {
    name: `copies that need several cookies, ${strategy}`,
    configuration,
    steps: [
      signUp({ ...ALICE, bio: 'o'.repeat(5000) }, 'a'),
      RENAMED,
      read('a', 'out of two pieces'),
      get('/get-session', {
        name: 'of one piece of two',
        jar: 'a',
        headers: [['Cookie', 'better-auth.session_token={{a.cookie}}; better-auth.session_data.0=x']],
      }),
      post('/update-user', { bio: 'short' }, { jar: 'a' }),
      read('a', 'the pieces are gone'),
      post('/update-user', { bio: 'n'.repeat(3500) }, { jar: 'a' }),
      post('/update-user', { bio: 'é'.repeat(2500) }, { jar: 'a' }),
      read('a'),
      post('/sign-out', {}, { jar: 'a' }),
    ],
  },
  {
    name: `a copy that is too long for cookies, ${strategy}`,
    configuration,
    steps: [signUp({ ...ALICE, bio: 'x'.repeat(420_000) }, 'a'), get('/list-accounts', { jar: 'a' })],
  },
  {
    name: `a session that is due for refresh, ${strategy}`,
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      endsIn('2 days'),
      read('a', 'not while there is a copy'),
      rows(),
      read('a', 'refresh not wanted', '?disableCookieCache=true&disableRefresh=true'),
      rows(),
      read('a', 'refreshed', '?disableCookieCache=true'),
      rows(),
      read('a', 'from the copy'),
      get('/list-sessions', { jar: 'a' }),
      endsIn('2 days'),
      write('a', 'B'),
      rows(),
    ],
  },
  {
    name: `queries, ${strategy}`,
    configuration,
    steps: [
      signUp(ALICE, 'a'),
      RENAMED,
      ...[
        '?disableCookieCache=',
        '?disableCookieCache',
        '?disableRefresh=true',
        '?disableCookieCache=false',
        '?disableCookieCache=a&disableCookieCache=b',
      ].map((query) => read('a', `GET /get-session${query}`, query)),
    ],
  },
  {
    name: `a session that ends with the browser, ${strategy}`,
    configuration,
    steps: [
      signUp({ ...ALICE, rememberMe: false }, 'a'),
      RENAMED,
      read('a', 'from the copy'),
      endsIn('10 minutes'),
      read('a', 'not from the copy', '?disableCookieCache=1'),
      write('a', 'B'),
      read('a'),
    ],
  },
];

const deferred = [
  signUp(ALICE, 'a'),
  read('a', 'from the copy'),
  read('a', 'not due', '?disableCookieCache=true'),
  endsIn('2 days'),
  read('a', 'due, from the copy'),
  read('a', 'due', '?disableCookieCache=true'),
  rows(),
  get('/list-sessions', { jar: 'a' }),
  rows(),
  post('/get-session', {}, { jar: 'a', name: 'POST, from the copy' }),
  rows(),
  post('/get-session?disableCookieCache=true', {}, { jar: 'a' }),
  rows(),
  post('/get-session?disableCookieCache=true&disableRefresh=true', {}, { jar: 'a' }),
  endsIn('-2 minutes'),
  read('a', 'ended', '?disableCookieCache=true'),
  rows(),
  post('/get-session', {}, { jar: 'a' }),
];

/** `[configuration, method, path, body]` */
const endpoints = [
  ['GET', '/get-session'],
  ['GET', '/list-sessions'],
  ['POST', '/revoke-session', { token: 'unknown' }],
  ['POST', '/revoke-sessions', {}],
  ['POST', '/update-user', { name: 'Alicia' }],
  ['POST', '/update-session', { theme: 'dark' }],
  ['GET', '/list-accounts'],
];

export default [
  ...forms('cookie cache', 'compact'),
  ...forms('cookie cache, jwt', 'jwt'),
  ...forms('cookie cache, jwe', 'jwe'),
  ...endpoints.flatMap((endpoint) => authScenarios('cookie cache', ...endpoint)),
  ...['cookie cache, version', 'cookie cache, refreshCache', 'cookie cache, no refresh', 'cookie cache, secure'].map(
    (configuration) => ({ name: `a copy through the life of a session: ${configuration}`, configuration, steps: life }),
  ),
  {
    name: 'the version of copies',
    configuration: 'cookie cache, version',
    steps: [
      signUp(ALICE, 'a'),
      RENAMED,
      made('of the version', {}),
      made('of another version', { set: { version: '1' } }),
      made('without a version', { set: { version: undefined } }),
    ],
  },
  { name: 'sessions extended by POST only', configuration: 'cookie cache, deferred refresh', steps: deferred },
  {
    name: 'sessions extended by POST only, without copies',
    configuration: 'deferred refresh',
    steps: deferred,
  },
];
