// Differences from better-auth that are meant. Each needs its reason here and in docs/compatibility.md.
//
// `at` is the place as the test prints it, `configuration › scenario › step`; `ours` says what the server
// under test shows there, by the path of the difference; `*` stands for any text. Nothing else is
// explained by an entry, and one that explains no difference any more fails the test.

const SIGN_IN = 'trusted origins › callback URLs of a sign-in › * POST /sign-in/email *,"callbackURL":';
const REDIRECT = 'default › callback URLs redirect › * POST /sign-in/email *,"callbackURL":';
const VERIFICATION = 'mail › callback URLs of verification › * GET /verify-email &callbackURL=';

/** Steps with callback URLs that are no URI, with the Location that they become. */
const NO_URIS = [
  [`${SIGN_IN}"/ümlaut"}`, '/%C3%BCmlaut'],
  [`${SIGN_IN}"/a b?{c|d}#e\\"f"}`, '/a%20b?%7Bc%7Cd%7D#e%22f'],
  [`${SIGN_IN}"/[a]?%zz"}`, '/%5Ba%5D?%25zz'],
  [`${SIGN_IN}"https:\\\\\\\\app.example"}`, 'https://app.example'],
  [`${SIGN_IN}"https://app.example\\\\@evil.ex… (107 characters)`, 'https://app.example/@evil.example'],
  [`${REDIRECT}"/zoë"}`, '/zo%C3%AB'],
  [`${REDIRECT}"/a b"}`, '/a%20b'],
  [`${VERIFICATION}%2Fa%20b`, '/a%20b'],
  [`${VERIFICATION}%2F%C3%BC`, '/%C3%BC'],
];

export default [
  ...NO_URIS.map(([at, location]) => ({
    id: `location-is-a-uri ${at}`,
    reason:
      'better-auth sends a callbackURL as it is, also if it is no URI. Here Location is the URI by which a browser ' +
      'reaches the page that was meant.',
    at,
    ours: { 'headers.location': `"${location}"` },
  })),
  {
    id: 'request-id',
    reason: 'Every answer names its request, so that a user’s report finds its lines in the log. Clients ignore it.',
    at: '*',
    ours: { 'headers.x-request-id': '"*"' },
  },
  {
    id: 'text-fields',
    reason:
      'better-auth does not check the types of name and image in /update-user: the database turns a number or a list ' +
      'into text, and null ends in a 500. Here they are refused.',
    at: 'default › names and images that are no text › *',
    ours: {
      status: '"400 Bad Request"',
      'headers.content-type': '"application/json"',
      'cookies.0': 'absent',
      // That of the 500, which is empty.
      body: 'absent',
      'body.json.status': 'absent',
      'body.json.code': '"VALIDATION_ERROR"',
      'body.json.message': '"[body.*] Invalid input: expected string, received *"',
      'user.0.name': '"Alice"',
      'user.0.image': 'null',
      // What a secondary storage keeps of the user.
      'redis.0.is.user.name': '"Alice"',
      'redis.0.is.user.image': 'null',
    },
  },
  {
    id: 'location-beyond-latin-1',
    reason:
      'better-auth answers 500, after it has made the session, when a trusted callbackURL holds a character that a ' +
      'header cannot. Here the Location is percent-encoded.',
    at: 'trusted origins › callback URLs that a header cannot hold as they are › *',
    ours: {
      status: '"200 OK"',
      'headers.content-type': '"application/json"',
      'headers.location': '"*%E*"',
      'cookies.0': '"better-auth.session_token=<<id#*> signed>; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"',
      body: 'absent',
      'body.json.redirect': 'true',
      'body.json.token': '"<id#*>"',
      'body.json.url': '"*"',
      'body.json.user.*': '*',
      // The answer names the ids of rows that better-auth makes without telling.
      'user.*.id': '"<id#*>"',
      'session.*': '"<id#*>"',
      'account.*': '"<id#*>"',
    },
  },
  {
    id: 'errors-stay-on-the-site',
    reason: 'better-auth appends the error to /..//host so that the browser leaves the site: an open redirect.',
    at: 'accounts of providers › a provider that says no › * the callback with an error: /..//evil.example',
    ours: { 'headers.location': '"/.//evil.example?error=access_denied&error_description=No+luck"' },
  },
  {
    id: 'cors',
    reason:
      'better-auth leaves cross-origin requests to the server in front of it. Here pages of trusted origins may read ' +
      'the answers.',
    at: 'trusted origins › *',
    ours: {
      'headers.access-control-allow-origin': '"*"',
      'headers.access-control-allow-credentials': '"true"',
      'headers.access-control-expose-headers': '"set-auth-token, set-auth-jwt, x-retry-after, x-request-id"',
      'headers.vary': '"Origin"',
    },
  },
  {
    id: 'cors-preflight',
    reason: 'For the same reason browsers are told what those pages may send, where better-auth answers 404.',
    at: 'trusted origins › preflights of trusted pages › *',
    ours: {
      status: '"204 No Content"',
      'headers.access-control-allow-methods': '"*"',
      'headers.access-control-allow-headers': '"authorization, content-type"',
      'headers.access-control-max-age': '"7200"',
    },
  },
  {
    id: 'rate-limit-unknown-paths',
    reason:
      'Paths that are no endpoint have one count per client and limit, and not one each: inventing paths must not ' +
      'fill the memory or the table.',
    at: 'rate limits in * › paths that are none › *',
    ours: { 'rateLimit.*.key': '"192.0.2.8|* 3/10"' },
  },
  {
    id: 'nul-in-a-token',
    reason:
      'better-auth answers 500 to a token with a NUL, which Postgres cannot hold. Here it is as unknown as any other.',
    at: 'mail and confirmations › queries of the callback › * GET /delete-user/callback?token=%00',
    ours: {
      status: '"404 Not Found"',
      'headers.content-type': '"application/json"',
      body: 'absent',
      'body.json.*': '"*"',
    },
  },
  {
    id: 'nul-in-a-name',
    reason: 'better-auth answers 500 to a name with a NUL, which Postgres cannot hold. Here the answer says so.',
    at: 'default › wrong types › * POST /update-user {"name":"nul*character"}',
    ours: {
      status: '"422 Unprocessable Entity"',
      'headers.content-type': '"application/json"',
      body: 'absent',
      'body.json.code': '"FAILED_TO_UPDATE_USER"',
      'body.json.message': '"Failed to update user"',
    },
  },
  {
    id: 'nul-in-a-state',
    reason: 'better-auth fails on a state with a NUL, which Postgres cannot hold. Here it is as unknown as any other.',
    at: 'accounts of providers* › callbacks from nowhere* › * GET /callback/*?state=%00&code=x',
    ours: { 'headers.location': '"*error=state_mismatch"' },
  },
  {
    id: 'additional-parameters',
    reason: 'Additional parameters of an authorization URL are in the order of their names: their order means nothing.',
    at: 'accounts of providers › * POST /*social {"provider":"google","additionalParams":*',
    ours: { 'headers.location': '"*hd=example.com&prompt=consent*"', 'body.json.url': '"*hd=example.com&prompt=consent*"' },
  },
  {
    id: 'accounts-named-by-provider',
    reason:
      'Clients of 1.6 name an account by providerId, clients of 1.7 by the id of its row. Both work here; better-auth ' +
      '1.7 refuses the former.',
    at: 'accounts of providers › *',
    ours: {
      'body.json.message': '"Account not found"',
      'body.json.code': '"ACCOUNT_NOT_FOUND"',
    },
  },
  {
    id: 'unlinking-by-provider',
    reason: 'As above: an account named by providerId is unlinked, and gone for the steps that follow.',
    at: 'accounts of providers › unlinking › *',
    ours: {
      status: '*',
      'body.json.message': 'absent',
      'body.json.code': 'absent',
      'body.json.status': '*',
      'account.*': '*',
    },
  },
  ...['in the form of *', '* parts of nonsense', 'with a character more'].map((step, index) => ({
    id: `copies-that-are-not-whole-${index + 1}`,
    reason:
      'better-auth answers 500 to some cookies that are no copy of a session, and believes a copy with characters behind ' +
      'its end. Here each of them is removed, and the database is asked.',
    at: `cookie cache › copies that hold, and copies that do not, compact › *${step}`,
    ours: {
      status: '"200 OK"',
      'cookies.0': '"better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"',
      'cookies.1': '"better-auth.session_data=<compact of *"',
      'body.json.message': 'absent',
      'body.json.code': 'absent',
      'body.json.session.*': '*',
      'body.json.user.*': '*',
    },
  })),
  ...[
    'cookie cache › /revoke-session * of a session due for refresh › *',
    'bearer, cookie cache › a token and a cookie: bearer, cookie cache › * of a page',
    'bearer, cookie cache › answers with a token: bearer, cookie cache › * POST /update-user *',
  ].map((at, index) => ({
    id: `cookies-before-an-endpoint-${index + 1}`,
    reason:
      'Of the cookies that are set before an endpoint runs, better-auth sends the last one only: the session is extended ' +
      'and its cookie is not. Here all of them are sent.',
    at,
    ours: { 'cookies.*': '"better-auth.session_*"' },
  })),
  {
    id: 'one-audience',
    reason: 'The setting is always a list. One audience is written as a text, which RFC 7519 takes for the same.',
    at: 'jwt, issuer and audience › *',
    ours: { 'body.json.token': '*\\"aud\\":\\"one\\"*', 'headers.set-auth-jwt': '*\\"aud\\":\\"one\\"*' },
  },
];
