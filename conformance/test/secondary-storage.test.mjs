// better-auth and the server under test on one database and one Redis, with one secret: what one makes, the other takes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MAIL } from '../src/callbacks.mjs';
import { CookieJar } from '../src/cookies.mjs';
import { linkOf, tokenOf } from '../src/mail.mjs';
import { call, startOnOneDatabase } from '../src/one-database.mjs';

const PASSWORD = 'correct horse';
const common = {
  emailAndPassword: { enabled: true, sendResetPassword: MAIL, revokeSessionsOnPasswordReset: true },
  user: { deleteUser: { enabled: true } },
  rateLimit: { enabled: false },
};
const storage = { secondaryStorage: { redis: {} } };
const DIRECTIONS = [
  ['reference', 'ours'],
  ['ours', 'reference'],
];

const sessionOf = async (server, jar) => (await call(server, 'GET', '/get-session', { jar })).json;
const post = (server, path, jar, body = {}) => call(server, 'POST', path, { jar, body });

async function enter(server, path, email) {
  const jar = new CookieJar();
  const { status, json } = await post(server, path, jar, { name: 'Someone', email, password: PASSWORD });
  assert.equal(status, 200, JSON.stringify(json));
  return { jar, id: json.user.id };
}

/** The same cookies, which an answer does not take away. */
function copyOf(jar) {
  const copy = new CookieJar();
  copy.store([['set-cookie', `better-auth.session_token=${jar.raw('session_token')}; Path=/`]]);
  return copy;
}

/** Dates are compared as moments apart from clients: the order of members is free. */
const sorted = (list) => [...list].sort((a, b) => (a.token < b.token ? -1 : 1));

for (const [mode, session] of [
  ['sessions in the secondary storage alone', {}],
  ['sessions in the database too', { storeSessionInDatabase: true }],
  ['sessions in the database as a record', { storeSessionInDatabase: true, preserveSessionInDatabase: true }],
]) {
  describe(mode, () => {
    let both;
    before(async () => {
      const options = { ...common, ...storage, session };
      const emailAndPassword = { ...options.emailAndPassword, password: { hash: 'scrypt' } };
      both = await startOnOneDatabase(options, { ...options, emailAndPassword });
    });
    after(() => both?.stop());
    const email = (text) => `${text}-${Math.random().toString(36).slice(2)}@example.com`;

    for (const [from, to] of DIRECTIONS) {
      test(`both read the same session, made by ${from}`, async () => {
        const { jar } = await enter(both[from], '/sign-up/email', email('same'));
        const read = await sessionOf(both[to], jar);
        assert.equal(read.user.name, 'Someone');
        assert.deepEqual(read, await sessionOf(both[from], jar));
      });

      test(`both list the sessions that both have made, ${from} first`, async () => {
        const address = email('list');
        const { jar } = await enter(both[from], '/sign-up/email', address);
        await enter(both[to], '/sign-in/email', address);
        const [one, other] = await Promise.all(
          [from, to].map(async (name) => (await call(both[name], 'GET', '/list-sessions', { jar })).json),
        );
        assert.equal(one.length, 2);
        assert.deepEqual(sorted(one), sorted(other));
      });

      for (const path of ['/sign-out', '/revoke-sessions']) {
        test(`${path} at ${from} ends the session at ${to}`, async () => {
          const { jar } = await enter(both[to], '/sign-up/email', email('out'));
          const copy = copyOf(jar);
          assert.equal((await post(both[from], path, jar)).status, 200);
          assert.equal(await sessionOf(both[to], copy), null);
          assert.equal(await sessionOf(both[from], copy), null);
        });
      }

      test(`a session that ${to} has made is revoked at ${from} by its token`, async () => {
        const address = email('revoke');
        const { jar } = await enter(both[from], '/sign-up/email', address);
        const other = await enter(both[to], '/sign-in/email', address);
        assert.equal((await post(both[from], '/revoke-session', jar, { token: other.jar.token() })).status, 200);
        assert.equal(await sessionOf(both[to], other.jar), null);
        assert.equal((await sessionOf(both[to], jar)).user.email, address);
      });

      test(`the other sessions end at ${to} when ${from} ends them`, async () => {
        const address = email('others');
        const { jar } = await enter(both[from], '/sign-up/email', address);
        const other = await enter(both[to], '/sign-in/email', address);
        assert.equal((await post(both[from], '/revoke-other-sessions', jar)).status, 200);
        assert.equal(await sessionOf(both[to], other.jar), null);
        assert.equal((await sessionOf(both[to], jar)).user.email, address);
      });

      test(`a new name given at ${from} shows at ${to}`, async () => {
        const { jar } = await enter(both[to], '/sign-up/email', email('name'));
        assert.equal((await post(both[from], '/update-user', jar, { name: 'Another' })).status, 200);
        assert.equal((await sessionOf(both[to], jar)).user.name, 'Another');
      });

      test(`a password link of ${from} works at ${to}, once, and ends the sessions`, async () => {
        const address = email('reset');
        const { jar } = await enter(both[from], '/sign-up/email', address);
        await post(both[from], '/request-password-reset', undefined, { email: address, redirectTo: '/reset' });
        await both[from].mailed();
        const mail = both[from].relay.mails().at(-1);
        const token = tokenOf(linkOf(mail, both[from].baseURL));
        const reset = () => post(both[to], '/reset-password', undefined, { token, newPassword: 'another horse' });
        assert.equal((await reset()).status, 200);
        assert.equal((await reset()).json.code, 'INVALID_TOKEN');
        assert.equal(await sessionOf(both[from], jar), null);
      });

      test(`a user who is deleted at ${from} is not signed in at ${to}`, async () => {
        const address = email('delete');
        const { jar } = await enter(both[from], '/sign-up/email', address);
        const other = await enter(both[to], '/sign-in/email', address);
        assert.equal((await post(both[from], '/delete-user', jar, { password: PASSWORD })).status, 200);
        assert.equal(await sessionOf(both[to], other.jar), null);
      });
    }

    test('what only one place has is found by both or by neither', async () => {
      const { jar } = await enter(both.reference, '/sign-up/email', email('lost'));
      await both.reference.database.redis.delete(jar.token());
      const [ours, reference] = [await sessionOf(both.ours, copyOf(jar)), await sessionOf(both.reference, copyOf(jar))];
      assert.deepEqual(ours, reference);
    });

    test('what is no JSON is the same at both', async () => {
      for (const text of ['', '{', 'null', 'text']) {
        const { jar } = await enter(both.reference, '/sign-up/email', email('broken'));
        await both.reference.database.redis.set(jar.token(), text);
        const read = await sessionOf(both.reference, copyOf(jar));
        // An empty text counts as no value: then the database is asked, if it is.
        if (text !== '') assert.equal(read, null, text);
        assert.deepEqual(await sessionOf(both.ours, copyOf(jar)), read, text);
      }
    });
  });
}

test('both count requests together', async () => {
  const options = { ...common, ...storage, rateLimit: { enabled: true } };
  const both = await startOnOneDatabase(options, options);
  try {
    const signIn = (server) => post(server, '/sign-in/email', undefined, { email: 'no@example.com', password: 'x' });
    const statuses = [];
    for (const name of ['reference', 'ours', 'reference', 'ours', 'reference']) statuses.push((await signIn(both[name])).status);
    assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
  } finally {
    await both.stop();
  }
});
