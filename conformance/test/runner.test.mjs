// The runner itself: a difference is never missed, and none is explained by accident.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareScenario, KnownDifferences, startAll } from '../src/differential.mjs';
import { send } from '../src/http.mjs';
import { ALICE, signUp } from '../src/people.mjs';
import { startReference } from '../src/reference.mjs';
import { get, post } from '../src/steps.mjs';

const sampleOptions = { emailAndPassword: { enabled: true }, rateLimit: { enabled: false } };

const scenario = {
  name: 'sample',
  configuration: 'default',
  steps: [
    signUp({ ...ALICE, rememberMe: false }, 'a'),
    get('/get-session', { jar: 'a' }),
    post('/sign-in/email', { email: 'nobody@example.com', password: 'long enough' }),
  ],
};

const inBody = (change) => (response) => ({ ...response, body: change(response.body) });
const inHeaders = (change) => (response) => ({ ...response, headers: change(response.headers) });
const inCookies = (change) =>
  inHeaders((headers) => headers.map(([name, value]) => [name, name === 'set-cookie' ? change(value) : value]));
const firstDate = /\.(\d{3})Z"/;

/** What an altered second server does, and where that must show. */
const alterations = [
  { name: 'another status', alter: (response) => ({ ...response, status: response.status + 1 }), at: 'status' },
  { name: 'another reason phrase', alter: (response) => ({ ...response, reason: 'Fine' }), at: 'status' },
  {
    name: 'a header more',
    alter: inHeaders((headers) => [...headers, ['x-powered-by', 'x']]),
    at: 'headers.x-powered-by',
  },
  {
    name: 'a header less',
    alter: inHeaders((headers) => headers.filter(([name]) => name !== 'cache-control')),
    at: 'headers.cache-control',
  },
  {
    name: 'another content type',
    alter: inHeaders((headers) =>
      headers.map(([name, value]) => [name, name === 'content-type' ? `${value}; charset=utf-8` : value]),
    ),
    at: 'headers.content-type',
  },
  {
    name: 'another cookie attribute',
    alter: inCookies((value) => value.replace('SameSite=Lax', 'SameSite=Strict')),
    at: 'cookies.0',
  },
  {
    name: 'attributes in another order',
    alter: inCookies((value) => value.replace('Path=/; HttpOnly', 'HttpOnly; Path=/')),
    at: 'cookies.0',
  },
  { name: 'cookies in another order', alter: inHeaders((headers) => [...headers].reverse()), at: 'cookies.0' },
  {
    name: 'a wrong cookie signature',
    alter: inCookies((value) => value.replace(/\.[A-Za-z0-9]/, (text) => (text === '.A' ? '.B' : '.A'))),
    at: 'cookies.0',
  },
  { name: 'a body with a member more', alter: inBody((body) => body.replace('{', '{"more":1,')), at: 'body.json.more' },
  {
    name: 'a body with a member less',
    alter: inBody((body) => body.replace('"image":null,', '')),
    at: 'body.json.user.image',
  },
  {
    name: 'another message',
    alter: inBody((body) => body.replace('Invalid email or password', 'Wrong')),
    at: 'body.json.message',
  },
  {
    name: 'a date in microseconds',
    alter: inBody((body) => body.replace(firstDate, '.$1123Z"')),
    at: 'body.json.user.createdAt',
  },
  {
    name: 'a date with an offset',
    alter: inBody((body) => body.replace(firstDate, '.$1+00:00"')),
    at: 'body.json.user.createdAt',
  },
  {
    name: 'a date an hour off',
    alter: inBody((body) =>
      body.replace(
        /"createdAt":"([^"]+)"/,
        (_, date) => `"createdAt":"${new Date(Date.parse(date) - 3_600_000).toISOString()}"`,
      ),
    ),
    at: 'body.json.user.createdAt',
  },
  {
    name: 'an id of another length',
    alter: inBody((body) => body.replace(/"id":"(.{32})"/, '"id":"$1x"')),
    at: 'body.json.user.id',
  },
  {
    name: 'another id than before',
    alter: inBody((body) => body.replace(/"userId":"[^"]+"/, `"userId":"${'z'.repeat(32)}"`)),
    at: 'body.json.session.userId',
  },
  { name: 'a body that is no JSON', alter: inBody((body) => `${body},`), at: 'body.not JSON' },
  { name: 'an empty body', alter: inBody(() => ''), at: 'body' },
];

test('alterations', async (t) => {
  const servers = await startAll([
    startReference({ options: sampleOptions }),
    startReference({ options: sampleOptions }),
  ]);
  t.after(() => Promise.all(servers.map((server) => server.stop())));
  for (const { name, alter, at } of alterations) {
    await t.test(`reported: ${name}`, async () => {
      const altered = async (...request) => alter(await send(...request));
      const results = await compareScenario(servers, scenario, altered);
      const paths = results.flatMap(({ lists: [list] }) => list.map(({ path }) => path));
      assert.ok(paths.includes(at), `expected a difference at ${at}, found: ${paths.join(', ') || 'none'}`);
    });
  }
  await t.test('reported: another row', async () => {
    const [reference, other] = servers;
    const lying = {
      ...other,
      database: { ...other.database, rows: async () => ({ ...(await other.database.rows()), session: [] }) },
    };
    const results = await compareScenario([reference, lying], scenario);
    assert.ok(results.at(-1).lists[0].some(({ path }) => path.startsWith('session')));
  });
  await t.test('reported: a mail more', async () => {
    const [reference, other] = servers;
    const mail = { to: ALICE.email, text: `${other.baseURL}/verify-email?token=x` };
    const results = await compareScenario(
      [reference, { ...other, relay: { clear() {}, mails: () => [mail] } }],
      scenario,
    );
    assert.ok(results.at(-2).lists[0].some(({ path }) => path === '0.link'));
  });
  await t.test('a server that hangs up is reported', async () => {
    const results = await compareScenario(servers, scenario, async () => {
      throw Object.assign(new Error('hung up'), { code: 'ECONNRESET' });
    });
    assert.ok(results[0].lists[0].some(({ path, ours }) => path === 'failure' && ours === '"ECONNRESET"'));
  });
});

test('a known difference explains only what it names', () => {
  const known = new KnownDifferences([
    { id: 'one', reason: 'a test', at: 'default › a * › step', ours: { status: '"4*"' } },
    { id: 'two', reason: 'a test', at: 'elsewhere', ours: { status: '*' } },
  ]);
  const explained = { at: 'default › a b › step', path: 'status', ours: '"400"' };
  const others = [
    { ...explained, at: 'default › b › step' },
    { ...explained, path: 'body.json' },
    { ...explained, ours: '"500"' },
  ];
  assert.deepEqual(known.unexplained([explained, ...others]), others);
  assert.deepEqual(
    known.stale().map(({ id }) => id),
    ['two'],
  );
});
