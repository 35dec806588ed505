// Which requests reach an endpoint, and what the others get.

import { get, post, request } from '../src/steps.mjs';

const outside = (method, path) =>
  request(method, path, { name: `${method} ${path} (outside the mount)`, outsideMount: true });

/** The mount path itself, and paths beside it. */
const beside = [
  '/',
  '/api',
  '/api/',
  '/api?x=1',
  '/ok',
  '/API/ok',
  '/apix/ok',
  '/api/auth/ok',
  '//api/ok',
  '/x/../api/ok',
  '/api/../api/ok',
];

/** Paths below the mount that are written differently from the endpoint's. */
const spellings = [
  '/ok/',
  '//ok',
  '/ok//',
  '/./ok',
  '/x/../ok',
  '/%6fk',
  '/ok%2F',
  '/OK',
  '/ok;a=b',
  '/ok?',
  '/ok?a=1&a=2',
  '/ok%20',
  '/ok.json',
  '/%2e/ok',
  '/x/%2e%2e/ok',
  '/sign-up//email',
  '/sign-up/email/',
  '/sign-in%2Femail',
  '/',
  '/nowhere',
  '/%',
  '/%zz',
  '/ok?%zz',
  '/\\ok',
  '/ok#fragment',
  '/.',
  '/..',
  '/ok/..',
  '/ok/../ok',
];

const endpoints = {
  GET: ['/ok', '/error', '/get-session', '/list-sessions'],
  POST: [
    '/sign-up/email',
    '/sign-in/email',
    '/sign-out',
    '/revoke-session',
    '/revoke-sessions',
    '/revoke-other-sessions',
    '/update-session',
    '/update-user',
    '/change-password',
    '/verify-password',
  ],
};

const wrongMethods = [
  ...endpoints.GET.flatMap((path) =>
    (path === '/get-session' ? ['PUT'] : ['POST', 'PUT']).map((method) => request(method, path)),
  ),
  ...endpoints.POST.map((path) => get(path)),
  ...['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
    ['/ok', '/get-session', '/sign-in/email'].map((path) => request(method, path)),
  ),
  request('OPTIONS', '/sign-in/email', {
    name: 'a CORS preflight',
    headers: [
      ['Origin', 'http://localhost:8100'],
      ['Access-Control-Request-Method', 'POST'],
      ['Access-Control-Request-Headers', 'content-type'],
    ],
  }),
];

export default [
  {
    name: 'health',
    configuration: 'default',
    steps: [
      get('/ok'),
      get('/ok', { name: 'GET /ok from another origin', headers: [['Origin', 'https://evil.example']] }),
    ],
  },
  {
    name: 'the error page redirects in production',
    configuration: 'default',
    steps: [
      '',
      '?error=access_denied',
      '?error=access_denied&error_description=No%20luck',
      '?error=%3Cscript%3E',
      '?error=a%27b',
      '?error=',
      '?error_description=only',
      '?error=a&error=b',
      '?error=ok&state=1&other=%20x',
      '?error=%E2%82%AC',
      '?error=a+b',
    ].map((query) => get(`/error${query}`)),
  },
  { name: 'paths beside the mount', configuration: 'default', steps: beside.map((path) => outside('GET', path)) },
  { name: 'spellings of a path', configuration: 'default', steps: spellings.map((path) => get(path)) },
  { name: 'methods that an endpoint does not have', configuration: 'default', steps: wrongMethods },
  {
    name: 'endpoints that exist on the server side only, or no more',
    configuration: 'default',
    steps: [
      post('/set-password', { newPassword: 'new password' }),
      post('/forget-password', { email: 'a@b.co' }),
      post('/sign-up', {}),
      post('/sign-in', {}),
    ],
  },
  {
    name: 'mounted at the default path',
    configuration: 'base URL without a path',
    steps: [
      outside('GET', '/api/auth/ok'),
      outside('GET', '/ok'),
      outside('GET', '/api/ok'),
      outside('GET', '/api/auth/error?error=x'),
    ],
  },
  {
    name: 'mounted two levels deep',
    configuration: 'deep base URL',
    steps: [
      get('/ok'),
      outside('GET', '/v1/ok'),
      outside('GET', '/api/auth/ok'),
      outside('GET', '/v1/auth'),
      get('/ok/'),
    ],
  },
  {
    name: 'disabled paths',
    configuration: 'disabled paths',
    steps: [
      post('/sign-up/email', { name: 'A', email: 'a@b.co', password: 'long enough' }),
      get('/sign-up/email'),
      post('/sign-up/email/', {}),
      get('/list-sessions'),
      get('/list-sessions?x=1'),
      get('/ok'),
      post('/sign-in/email', { email: 'a@b.co', password: 'long enough' }),
    ],
  },
  {
    name: 'trailing slashes',
    configuration: 'trailing slashes skipped',
    steps: [
      get('/ok/'),
      get('/ok'),
      get('/ok//'),
      get('//ok/'),
      get('/'),
      post('/sign-in/email/', { email: 'nobody@example.com', password: 'long enough' }),
    ],
  },
  {
    name: 'an error page elsewhere',
    configuration: 'error page elsewhere',
    steps: [
      get('/error'),
      get('/error?error=access_denied&error_description=No%20luck'),
      get('/error?error=%3Cscript%3E'),
    ],
  },
];
