// Requests by pages of other origins. better-auth says nothing to browsers; what the server under test adds is in
// known-differences.mjs.

import { get, request } from '../src/steps.mjs';

const asks = (origin, method = 'POST') => [
  ['Origin', origin],
  ['Access-Control-Request-Method', method],
  ['Access-Control-Request-Headers', 'content-type'],
];

const preflight = (path, headers, name = path) => request('OPTIONS', path, { name, headers });

export default [
  {
    name: 'preflights of trusted pages',
    configuration: 'trusted origins',
    steps: [
      preflight('/sign-in/email', asks('https://app.example'), 'exact origin'),
      preflight('/get-session', asks('https://a.example.com', 'GET'), 'wildcard'),
      preflight('/sign-out', asks('myapp://'), 'custom scheme'),
    ],
  },
  {
    name: 'what is no preflight of a trusted page',
    configuration: 'trusted origins',
    steps: [
      preflight('/sign-in/email', asks('https://evil.example'), 'another origin'),
      preflight('/sign-in/email', asks('http://localhost:8100'), 'the own origin'),
      preflight('/sign-in/email', asks('null'), 'no origin'),
      preflight('/sign-in/email', [], 'no header at all'),
    ],
  },
  {
    name: 'preflights that nobody answers',
    configuration: 'trusted origins',
    steps: [
      preflight('/nowhere', asks('https://app.example'), 'no endpoint'),
      preflight('/sign-in/email', [['Origin', 'https://app.example']], 'no method asked for'),
    ],
  },
  {
    name: 'answers to pages of other origins',
    configuration: 'trusted origins',
    steps: ['https://app.example', 'https://evil.example', 'http://localhost:8100', 'null'].map((origin) =>
      get('/ok', { name: `GET /ok from ${origin}`, headers: [['Origin', origin]] }),
    ),
  },
];
