// Steps made of tables: what every field, and every endpoint that needs a session, is asked.

import { ALICE, BOB, signUp } from './people.mjs';
import { post, request, sql } from './steps.mjs';

/** Values that are no text. */
export const NOT_TEXT = [null, 0, 1, true, [], {}, ['x']];

/** Texts at the borders of what anybody expects. */
export const ODD_TEXTS = ['', ' ', 'Zoë 🦀', 'x'.repeat(5000), '%00', '../..', '<script>', "'; DROP TABLE x; --"];

/** POSTs of `good` with one field left out, of a wrong type, or odd; `fields` are all of `good` unless given. */
export function bodyProbes(path, good, { fields = Object.keys(good), values = [], ...extra } = {}) {
  return fields.flatMap((field) => {
    const { [field]: _, ...without } = good;
    const probes = [...NOT_TEXT, ...ODD_TEXTS, ...values].map((value) =>
      post(path, { ...good, [field]: value }, { ...extra, name: `POST ${path} ${field}: ${show(value)}` }),
    );
    return [post(path, without, { ...extra, name: `POST ${path} without ${field}` }), ...probes];
  });
}

/** POSTs of bodies that are no object with the fields of the endpoint. */
export function shapeProbes(path, extra = {}) {
  return [undefined, {}, [], null, 'text', 1, { unknown: 1 }, { __proto: 1, constructor: 2 }].map((body) =>
    post(path, body, { ...extra, name: `POST ${path} ${body === undefined ? 'no body' : JSON.stringify(body)}` }),
  );
}

/** GETs with each of these queries. */
export function queryProbes(path, queries, extra = {}) {
  return queries.map((query) =>
    request('GET', `${path}${query}`, { name: `GET ${path}${show(query).slice(1, -1)}`, ...extra }),
  );
}

const cookie = (value) => [
  ['Cookie', `better-auth.session_token=${value}`],
  ['Origin', 'http://localhost:8100'],
];

/** Cookies that are no session of Alice, by name. */
const STRANGERS = {
  'no cookie': [],
  'an empty cookie': cookie(''),
  'a token without a signature': cookie('{{a.token}}'),
  'a token with an empty signature': cookie('{{a.token}}.'),
  'a token with a wrong signature': cookie(`{{a.token}}.${encodeURIComponent(`${'A'.repeat(43)}=`)}`),
  'a signed token of no session': cookie('{{sign unknown}}'),
  'two cookies, the first one wrong': cookie('wrong; better-auth.session_token={{a.cookie}}'),
  'the name of secure cookies': [
    ['Cookie', '__Secure-better-auth.session_token={{a.cookie}}'],
    ['Origin', 'http://localhost:8100'],
  ],
};

/** Origins with which a session's cookie is not enough. */
const ORIGINS = [null, 'null', 'https://evil.example', 'http://localhost:8100.evil.example', 'http://localhost:8101'];

const show = (value) => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
};

/** Scenarios that call an endpoint in every state of authentication, of a user with a password. */
export function authScenarios(configuration, method, path, body) {
  const call = (name, extra) =>
    method === 'GET'
      ? request('GET', path, { ...extra, name: `GET ${path}: ${name}` })
      : post(path, body, { ...extra, name: `POST ${path}: ${name}` });
  const strangers = Object.entries(STRANGERS).map(([name, headers]) => call(name, { headers }));
  const origins = ORIGINS.map((origin) =>
    call(`origin ${origin ?? 'missing'}`, { jar: 'a', headers: [['Origin', origin]] }),
  );
  const endpoint = `${path}${body && Object.keys(body).length > 0 ? ` ${JSON.stringify(body)}` : ''}`;
  const aged = (name, statement) => ({
    name: `${endpoint} ${name}`,
    configuration,
    steps: [signUp(ALICE, 'a'), sql(statement), call(name, { jar: 'a' }), call(`${name}, again`, { jar: 'a' })],
  });
  return [
    {
      name: `${endpoint} without a session`,
      configuration,
      steps: [signUp(ALICE, 'a'), signUp(BOB, 'b'), ...strangers, ...origins],
    },
    {
      name: `${endpoint} with a session`,
      configuration,
      steps: [signUp(ALICE, 'a'), call('signed in', { jar: 'a' }), call('once more', { jar: 'a' })],
    },
    aged('of a stale session', `UPDATE session SET "createdAt" = now() - interval '2 days'`),
    aged('of an expired session', `UPDATE session SET "expiresAt" = now() - interval '1 hour'`),
    aged('of a session due for refresh', `UPDATE session SET "expiresAt" = now() + interval '2 days'`),
    aged('of a session that is gone', 'DELETE FROM session'),
    aged('of a user who is gone', 'DELETE FROM "user"'),
  ];
}
