// Races and other requests that do not fit elsewhere.

import { ALICE, credentials, signUp } from '../src/people.mjs';
import { get, post, rows, sql } from '../src/steps.mjs';

export default [
  {
    name: 'repeated headers and odd ones',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      post('/sign-in/email', credentials(ALICE), {
        name: 'two content types',
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Type', 'text/plain'],
        ],
      }),
      post('/sign-in/email', credentials(ALICE), {
        name: 'two user agents',
        headers: [
          ['User-Agent', 'one'],
          ['User-Agent', 'two'],
        ],
      }),
      post('/sign-in/email', credentials(ALICE), {
        name: 'two X-Forwarded-For',
        headers: [
          ['X-Forwarded-For', '203.0.113.7'],
          ['X-Forwarded-For', '203.0.113.8'],
        ],
      }),
      post('/sign-in/email', credentials(ALICE), { name: 'another host', headers: [['Host', 'evil.example']] }),
      post('/sign-in/email', credentials(ALICE), {
        name: 'a long user agent',
        headers: [['User-Agent', 'u'.repeat(4000)]],
      }),
      post('/sign-in/email', credentials(ALICE), {
        name: 'a forwarded host',
        headers: [
          ['X-Forwarded-Host', 'evil.example'],
          ['X-Forwarded-Proto', 'https'],
        ],
      }),
      get('/ok', {
        name: 'accepting HTML',
        headers: [
          ['Accept', 'text/html'],
          ['Accept-Encoding', 'gzip, br'],
        ],
      }),
      get('/ok', { name: 'a body with GET', body: '{"a":1}', contentType: 'text/plain' }),
    ],
  },
  {
    name: 'rows of a whole sign-up',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'a', {
        headers: [
          ['User-Agent', 'agent'],
          ['X-Forwarded-For', '203.0.113.7'],
        ],
      }),
      rows(),
      sql('DELETE FROM "user"'),
      rows('cascades'),
    ],
  },
];
