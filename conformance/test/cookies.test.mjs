// better-auth and the server under test on one database, with one secret: what one makes, the other takes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createDatabase } from '../src/database.mjs';
import { CookieJar } from '../src/cookies.mjs';
import { call, startOnOneDatabase } from '../src/one-database.mjs';
import { startOurs } from '../src/ours.mjs';
import { startReference } from '../src/reference.mjs';

const PASSWORD = 'correct horse';
const options = { emailAndPassword: { enabled: true }, rateLimit: { enabled: false } };
/** better-auth keeps on signing these users in, so hashes stay as it made them. */
const shared = { ...options, emailAndPassword: { enabled: true, password: { hash: 'scrypt' } } };

async function signUp(server, email) {
  const jar = new CookieJar();
  const { status, json } = await call(server, 'POST', '/sign-up/email', {
    body: { name: 'Someone', email, password: PASSWORD },
    jar,
  });
  assert.equal(status, 200, JSON.stringify(json));
  return { jar, id: json.user.id };
}

const signIn = (server, email, jar, more = {}) =>
  call(server, 'POST', '/sign-in/email', { body: { email, password: PASSWORD, ...more }, jar });
const sessionOf = async (server, jar) => (await call(server, 'GET', '/get-session', { jar })).json;

const storedHash = async (database, id) =>
  (await database.query('SELECT password FROM account WHERE "userId" = $1', [id]))[0].password;

describe('a database shared with better-auth', () => {
  let both;
  before(async () => {
    both = await startOnOneDatabase(options, shared);
  });
  after(() => both?.stop());

  for (const [from, to] of [
    ['reference', 'ours'],
    ['ours', 'reference'],
  ]) {
    test(`a cookie signed by ${from} holds at ${to}`, async () => {
      const { jar, id } = await signUp(both[from], `cookie-${from}@example.com`);
      assert.equal((await sessionOf(both[to], jar)).user.id, id);
    });

    test(`both read the same session, made by ${from}`, async () => {
      const { jar } = await signUp(both[from], `same-${from}@example.com`);
      assert.deepEqual(await sessionOf(both[to], jar), await sessionOf(both[from], jar));
    });

    test(`a user made by ${from} signs in at ${to}`, async () => {
      const email = `user-${from}@example.com`;
      const { id } = await signUp(both[from], email);
      const { status, json } = await signIn(both[to], email);
      assert.equal(status, 200, JSON.stringify(json));
      assert.equal(json.user.id, id);
    });

    test(`a sign-out at ${from} ends the session at ${to}`, async () => {
      const { jar } = await signUp(both[from], `out-${from}@example.com`);
      const copy = new CookieJar();
      copy.store([['set-cookie', `better-auth.session_token=${jar.raw('session_token')}; Path=/`]]);
      await call(both[from], 'POST', '/sign-out', { jar, body: {} });
      assert.equal(await sessionOf(both[to], copy), null);
    });

    test(`a dont_remember cookie signed by ${from} holds at ${to}: no refresh`, async () => {
      const email = `short-${from}@example.com`;
      const { id } = await signUp(both[from], email);
      const jar = new CookieJar();
      await signIn(both[from], email, jar, { rememberMe: false });
      await both.reference.database.query(
        `UPDATE session SET "expiresAt" = now() + interval '10 minutes' WHERE "userId" = $1`,
        [id],
      );
      const { session } = await sessionOf(both[to], jar);
      assert.ok(Date.parse(session.expiresAt) < Date.now() + 11 * 60_000);
    });

    test(`a password changed at ${from} holds at ${to}`, async () => {
      const email = `change-${from}@example.com`;
      const { jar } = await signUp(both[from], email);
      const body = { currentPassword: PASSWORD, newPassword: 'a new password' };
      assert.equal((await call(both[from], 'POST', '/change-password', { jar, body })).status, 200);
      assert.equal((await signIn(both[to], email)).status, 401);
      assert.equal((await signIn(both[to], email, undefined, { password: 'a new password' })).status, 200);
    });
  }

  test('a sign-in at ours leaves the hash of better-auth as it is', async () => {
    const { id } = await signUp(both.reference, 'hash@example.com');
    const before = await storedHash(both.reference.database, id);
    await signIn(both.ours, 'hash@example.com');
    assert.equal(await storedHash(both.reference.database, id), before);
  });
});

describe('a database taken over from better-auth', () => {
  let both;
  before(async () => {
    both = await startOnOneDatabase(options, options);
  });
  after(() => both?.stop());

  test('the first sign-in replaces the scrypt hash by argon2id', async () => {
    const { id } = await signUp(both.reference, 'taken@example.com');
    assert.match(await storedHash(both.reference.database, id), /^[0-9a-f]{32}:[0-9a-f]{128}$/);
    assert.equal((await signIn(both.ours, 'taken@example.com')).status, 200);
    assert.match(await storedHash(both.reference.database, id), /^\$argon2id\$/);
  });

  test('the replaced hash signs in', async () => {
    await signUp(both.reference, 'again@example.com');
    await signIn(both.ours, 'again@example.com');
    assert.equal((await signIn(both.ours, 'again@example.com')).status, 200);
  });

  test('a wrong password replaces no hash', async () => {
    const { id } = await signUp(both.reference, 'wrong@example.com');
    const before = await storedHash(both.reference.database, id);
    assert.equal((await signIn(both.ours, 'wrong@example.com', undefined, { password: 'wrong password' })).status, 401);
    assert.equal(await storedHash(both.reference.database, id), before);
  });

  test('better-auth starts again on a database that ours has migrated', async () => {
    const again = await startReference({ options, database: both.reference.database });
    try {
      const { jar, id } = await signUp(both.ours, 'back@example.com');
      assert.equal((await sessionOf(again, jar)).user.id, id);
    } finally {
      await again.stop();
    }
  });
});

test('better-auth runs on a database that ours made', async () => {
  const database = await createDatabase();
  const running = [];
  try {
    running.push(await startOurs({ options: shared, database }));
    running.push(await startReference({ options, database }));
    const [ours, reference] = running;
    const { jar, id } = await signUp(reference, 'made@example.com');
    assert.equal((await sessionOf(ours, jar)).user.id, id);
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    await database.drop();
  }
});
