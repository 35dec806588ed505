// GET /get-session: reading, refreshing, expiring.

import { ALICE, BOB, signUp } from '../src/people.mjs';
import { get, post, request, rows, sql } from '../src/steps.mjs';

const ORIGIN = ['Origin', 'http://localhost:8100'];
const read = (jar, name = 'GET /get-session', query = '') => get(`/get-session${query}`, { name, jar });
const withCookie = (cookie, name = cookie) => get('/get-session', { name, headers: [['Cookie', cookie]] });

/** Moves the end of all sessions to this long from now; creation and update stay a full lifetime before. */
const endsIn = (interval) =>
  sql(`UPDATE session SET "expiresAt" = now() + interval '${interval}',
    "createdAt" = now() + interval '${interval}' - interval '7 days',
    "updatedAt" = now() + interval '${interval}' - interval '7 days'`);

export default [
  {
    name: 'no session',
    configuration: 'default',
    steps: [
      get('/get-session'),
      withCookie('other=1'),
      withCookie(''),
      withCookie('better-auth.session_token='),
      withCookie('better-auth.session_token'),
    ],
  },
  {
    name: 'a session',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      read('a'),
      read('a', 'no origin is needed'),
      get('/get-session', { jar: 'a', headers: [['Origin', 'https://evil.example']] }),
    ],
  },
  {
    name: 'cookies that do not hold',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      withCookie('better-auth.session_token={{a.token}}', 'an unsigned token'),
      withCookie('better-auth.session_token={{a.token}}.', 'an empty signature'),
      withCookie(`better-auth.session_token={{a.token}}.${'A'.repeat(43)}%3D`, 'a wrong signature'),
      withCookie('better-auth.session_token={{a.token}}.c2hvcnQ%3D', 'a short signature'),
      withCookie(`better-auth.session_token={{a.token}}.${'A'.repeat(44)}`, 'a signature without padding'),
      withCookie('better-auth.session_token={{a.cookie}}x', 'something after the signature'),
      withCookie('better-auth.session_token=x{{a.cookie}}', 'something before the token'),
      withCookie('better-auth.session_token={{sign nosuchtoken}}', 'a token of no session, well signed'),
      withCookie('better-auth.session_token=%zz', 'an escape that is none'),
      withCookie('better-auth.session_token=.{{a.cookie}}', 'an empty token'),
      withCookie('Better-Auth.Session_Token={{a.cookie}}', 'another case of the name'),
      withCookie('__Secure-better-auth.session_token={{a.cookie}}', 'the secure name'),
      withCookie('better-auth-session_token={{a.cookie}}', 'the old name'),
      get('/get-session', { name: 'a bearer token', headers: [['Authorization', 'Bearer {{a.token}}']] }),
    ],
  },
  {
    name: 'forms of the Cookie header',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      withCookie('better-auth.session_token="{{a.cookie}}"', 'in quotes'),
      withCookie('better-auth.session_token="{{a.cookie}}', 'an opening quote only'),
      withCookie('  better-auth.session_token  =  {{a.cookie}}  ', 'with spaces'),
      withCookie(
        'better-auth.session_token={{a.cookie}};better-auth.session_token={{b.cookie}}',
        'two cookies of one name: Alice first',
      ),
      withCookie(
        'better-auth.session_token={{b.cookie}}; better-auth.session_token={{a.cookie}}',
        'two cookies of one name: Bob first',
      ),
      withCookie(
        'better-auth.session_token=wrong; better-auth.session_token={{a.cookie}}',
        'two cookies of one name: a wrong one first',
      ),
      withCookie('a=b; c; =d; ; better-auth.session_token={{a.cookie}}; e=f', 'among other things'),
      withCookie('x=1,better-auth.session_token={{a.cookie}}', 'after a comma'),
      get('/get-session', {
        name: 'two Cookie headers',
        headers: [
          ['Cookie', 'x=1'],
          ['Cookie', 'better-auth.session_token={{a.cookie}}'],
        ],
      }),
      withCookie('better-auth.session_token={{sign a.token}}', 'signed by the test'),
    ],
  },
  {
    name: 'foreign and deleted sessions',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      signUp(BOB, 'b'),
      sql(`DELETE FROM session USING "user" u WHERE u.id = "userId" AND u.email = 'alice@example.com'`),
      read('a'),
      read('a', 'once more'),
      read('b'),
      sql('DELETE FROM "user"'),
      read('b', 'the user is gone'),
    ],
  },
  {
    name: 'an expired session is deleted',
    configuration: 'default',
    steps: [signUp(ALICE, 'a'), endsIn('-2 minutes'), read('a'), rows(), read('a', 'once more')],
  },
  {
    name: 'a session that expires soon',
    configuration: 'default',
    steps: [signUp(ALICE, 'a'), endsIn('10 minutes'), read('a'), rows()],
  },
  {
    name: 'the sliding refresh begins after a day',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      endsIn('6 days 10 minutes'),
      read('a', 'less than a day old'),
      rows(),
      endsIn('5 days 23 hours 50 minutes'),
      read('a', 'more than a day old'),
      rows(),
      read('a', 'just refreshed'),
    ],
  },
  {
    name: 'refresh not wanted',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      endsIn('3 days'),
      ...[
        '?disableRefresh=true',
        '?disableRefresh=false',
        '?disableRefresh=0',
        '?disableRefresh=',
        '?disableRefresh',
      ].map((query) => read('a', `GET /get-session${query}`, query)),
      rows(),
    ],
  },
  {
    name: 'queries',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[
        '?disableCookieCache=true',
        '?disableCookieCache=false',
        '?disableCookieCache=',
        '?disableCookieCache=a&disableCookieCache=b',
        '?disableRefresh=a&disableRefresh=b',
        '?unknown=1',
        '?',
        '?&&=',
        '?disableRefresh=%zz',
      ].map((query) => read('a', `GET /get-session${query}`, query)),
    ],
  },
  {
    name: 'no refresh without remember me',
    configuration: 'default',
    steps: [
      signUp({ ...ALICE, rememberMe: false }, 'a'),
      endsIn('10 minutes'),
      read('a'),
      rows(),
      get('/list-sessions', { jar: 'a' }),
      get('/get-session', {
        name: 'without the dont_remember cookie',
        headers: [['Cookie', 'better-auth.session_token={{a.cookie}}']],
      }),
      rows(),
    ],
  },
  {
    name: 'a dont_remember cookie that does not hold',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      endsIn('3 days'),
      ...['wrong', '{{sign false}}', '{{sign true}}'].map((value) =>
        get('/get-session', {
          name: `dont_remember=${value}`,
          headers: [['Cookie', `better-auth.session_token={{a.cookie}}; better-auth.dont_remember=${value}`]],
        }),
      ),
      rows(),
    ],
  },
  {
    name: 'other endpoints refresh too',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[
        () => post('/update-user', { name: 'B' }, { jar: 'a' }),
        () => post('/revoke-other-sessions', {}, { jar: 'a' }),
        () => post('/verify-password', { password: ALICE.password }, { jar: 'a' }),
        () => get('/list-sessions', { jar: 'a' }),
        () => post('/update-session', { a: 1 }, { jar: 'a' }),
      ].flatMap((step) => [endsIn('3 days'), step(), rows()]),
    ],
  },
  {
    name: 'a session_data cookie without a cookie cache',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      ...[
        'better-auth.session_token={{a.cookie}}; better-auth.session_data=old',
        'better-auth.session_data=old',
        'better-auth.session_token={{a.cookie}}; better-auth.session_data.0=a; better-auth.session_data.1=b',
        'better-auth.session_token={{sign nosuchtoken}}; better-auth.session_data=old',
      ].map((cookie) => withCookie(cookie)),
    ],
  },
  {
    name: 'POST',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      post('/get-session', {}),
      post('/get-session', {}, { jar: 'a' }),
      post('/get-session', {}, { jar: 'a', headers: [['Origin', null]] }),
      post('/get-session', undefined),
      request('POST', '/get-session', { name: 'bad JSON', body: '{', contentType: 'application/json' }),
    ],
  },
  {
    name: 'lifetimes from the settings',
    configuration: 'session lifetimes',
    steps: [
      signUp(ALICE, 'a'),
      sql(
        `UPDATE session SET "expiresAt" = now() + interval '70 minutes',
           "createdAt" = now() - interval '50 minutes', "updatedAt" = now() - interval '50 minutes'`,
      ),
      read('a', 'too young to be refreshed'),
      rows(),
      get('/list-sessions', { jar: 'a' }),
      sql(
        `UPDATE session SET "expiresAt" = now() + interval '50 minutes', "createdAt" = now() - interval '70 minutes'`,
      ),
      read('a', 'refreshed'),
      rows(),
      post('/sign-in/email', { email: ALICE.email, password: ALICE.password, rememberMe: false }, { jar: 'b' }),
    ],
  },
  {
    name: 'no refresh and no freshness by settings',
    configuration: 'no freshness, no refresh',
    steps: [signUp(ALICE, 'a'), endsIn('3 days'), read('a'), rows(), get('/list-sessions', { jar: 'a' })],
  },
  {
    name: 'odd dates in the rows',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      sql(
        `UPDATE "user" SET "createdAt" = '2020-02-29 23:59:59.999999+00', "updatedAt" = '1969-12-31 00:00:00+00',
           image = '', name = ''`,
      ),
      read('a'),
      sql(`UPDATE "user" SET "createdAt" = '2020-01-01 01:02:03.0004+00'`),
      read('a', 'microseconds'),
    ],
  },
  {
    name: 'null address and agent',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a'),
      sql('UPDATE session SET "ipAddress" = NULL, "userAgent" = NULL'),
      read('a'),
      post(
        '/sign-out',
        {},
        { name: 'the origin of a POST', headers: [['Cookie', 'better-auth.session_token={{a.cookie}}'], ORIGIN] },
      ),
    ],
  },
];
