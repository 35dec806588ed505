// The whole of docs/migrate-from-better-auth.md on a database that the real better-auth has filled: examined, taken over,
// used here, used there again, and nothing lost.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import pg from 'pg';
import { CookieJar, signCookie } from './cookies.mjs';
import { createDatabase } from './database.mjs';
import { call } from './one-database.mjs';
import { runOurs, startOurs } from './ours.mjs';
import { startReference } from './reference.mjs';
import { referenceOptions } from './reference-options.mjs';
import { BASE_URL, SECRET } from './settings.mjs';

/** The options of the better-auth that fills the database and gets it back. */
export const OPTIONS = {
  emailAndPassword: { enabled: true },
  socialProviders: {
    google: { clientId: 'google-client', clientSecret: 'google-secret' },
    github: { clientId: 'github-client', clientSecret: 'github-secret' },
  },
  rateLimit: { enabled: false },
};

/** What ours is told: the same, and that better-auth comes back. */
const SHARED = {
  ...OPTIONS,
  emailAndPassword: { enabled: true, password: { hash: 'scrypt' } },
  session: { disableCleanup: true },
};

const PASSWORD = 'correct horse battery';
const DAY = 86_400_000;
/** Requests under way at a time. */
const LANES = 8;

/**
 * Tries it with so many users, of whom `signedUp` sign up through better-auth's API, each with a hash of their own; the others
 * come by its internal adapter and share one. Of `sampled` users the passwords are tried. `note(what, ms)` gets times.
 */
export async function tryTakeover({ users, signedUp, sampled, note = () => {} }) {
  const database = await createDatabase(OPTIONS);
  const timed = async (what, work) => {
    const start = performance.now();
    const result = await work();
    note(what, performance.now() - start);
    return result;
  };
  try {
    const people = await timed('filled by better-auth', () => fill(database.url, users, signedUp));
    const before = await fingerprint(database);
    assert.equal(before.user.count, users);

    const report = JSON.parse(
      await timed('doctor', () => runOurs(['doctor', '--json'], { options: SHARED, database })),
    );
    assertSound(report, before);
    const plan = JSON.parse(
      await timed('migrate --dry-run', () => runOurs(['migrate', '--dry-run', '--json'], { options: SHARED, database })),
    );
    assert.equal(plan.adopt, true);
    assert.deepEqual(plan.differences, []);
    assert.deepEqual(await fingerprint(database), before, 'doctor or the dry run has changed something');
    assert.deepEqual(await tables(database), ['account', 'session', 'user', 'verification']);
    await timed('migrate', () => runOurs(['migrate'], { options: SHARED, database }));
    assert.deepEqual(await fingerprint(database), before, 'migrate has changed rows');

    const made = await useHere({ database, people, sampled, timed, before });
    await useThere({ database, people, sampled, timed, made, before });
  } finally {
    await database.drop();
  }
}

async function useHere({ database, people, sampled, timed, before }) {
  const ours = await startOurs({ options: SHARED, database });
  try {
    await timed('every session verified here', () => verifySessions(ours, people.sessions));
    assert.deepEqual(await fingerprint(database), before, 'verifying sessions has changed something');
    await timed('passwords tried here', () => signInAll(ours, sample(people, sampled)));
    const social = people.sessions.filter(({ isSocial }) => isSocial).slice(0, sampled);
    const accounts = await each(social, async ({ token }) => {
      const { status, json } = await call(ours, 'GET', '/list-accounts', { cookie: cookieOf(token) });
      assert.equal(status, 200, JSON.stringify(json));
      assert.ok(json.some(({ providerId }) => providerId !== 'credential'));
      return { token, json };
    });
    // A reset that better-auth began ends here.
    const [{ token, email }] = people.resets;
    const reset = await call(ours, 'POST', '/reset-password', { body: { token, newPassword: 'chosen here 1' } });
    assert.equal(reset.status, 200, JSON.stringify(reset.json));
    const jar = new CookieJar();
    const signUp = { name: 'New', email: 'new-here@example.com', password: PASSWORD };
    assert.equal((await call(ours, 'POST', '/sign-up/email', { body: signUp, jar })).status, 200);
    await each(people.expired.slice(0, sampled), async (token) =>
      assert.equal((await call(ours, 'GET', '/get-session', { cookie: cookieOf(token) })).json, null),
    );
    return { accounts, jar, reset: email };
  } finally {
    await ours.stop();
  }
}

/** Back again: the real better-auth on the database that ours has migrated and used. */
async function useThere({ database, people, sampled, timed, made, before }) {
  const reference = await startReference({ options: OPTIONS, database });
  try {
    // A reset ends no session, with either; the sessions that expired are gone.
    await timed('every session verified there', () => verifySessions(reference, people.sessions));
    assert.ok((await call(reference, 'GET', '/get-session', { jar: made.jar })).json.user, 'a session made here');
    const kept = sample(people, sampled).filter(({ email }) => email !== made.reset);
    await timed('passwords tried there', () => signInAll(reference, kept));
    await signInAll(reference, [
      { email: made.reset, password: 'chosen here 1' },
      { email: 'new-here@example.com', password: PASSWORD },
    ]);
    await each(made.accounts, async ({ token, json }) => {
      const there = await call(reference, 'GET', '/list-accounts', { cookie: cookieOf(token) });
      assert.deepEqual(sorted(there.json), sorted(json));
    });
  } finally {
    await reference.stop();
  }
  const user = await fingerprint(database, `id = ANY ($1)`, [people.ids], ['user']);
  assert.deepEqual(user.user, before.user, 'a user was changed');
  const rows = await database.query('SELECT count(*)::int AS count FROM account WHERE "userId" = ANY ($1)', [people.ids]);
  assert.equal(rows[0].count, before.account.count, 'an account was lost');
}

const sorted = (accounts) => accounts.toSorted((a, b) => a.id.localeCompare(b.id));

/** Those with hashes of their own, and as many of the others. */
const sample = ({ passwords }, sampled) => [...passwords.slice(0, sampled), ...passwords.slice(-sampled)];

const cookieOf = (token) => `better-auth.session_token=${signCookie(token, SECRET)}`;

async function verifySessions(server, sessions) {
  await each(sessions, async ({ token, userId }) => {
    const { json } = await call(server, 'GET', '/get-session', { cookie: cookieOf(token) });
    assert.equal(json?.user.id, userId, `${server.name} does not know a session`);
  });
}

async function signInAll(server, people) {
  await each(people, async ({ email, password = PASSWORD }) => {
    const { status, json } = await call(server, 'POST', '/sign-in/email', { body: { email, password } });
    assert.equal(status, 200, `${server.name}, ${email}: ${JSON.stringify(json)}`);
  });
}

/** Like `Promise.all(list.map(work))`, a few at a time. */
async function each(list, work) {
  const results = [];
  let next = 0;
  const lane = async () => {
    while (next < list.length) {
      const index = next++;
      results[index] = await work(list[index], index);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

/** better-auth makes its tables and fills them. */
async function fill(url, users, signedUp) {
  const pool = new pg.Pool({ connectionString: url, max: LANES });
  pool.on('error', () => {});
  try {
    const auth = betterAuth({
      ...(await referenceOptions(OPTIONS)),
      baseURL: BASE_URL,
      secret: SECRET,
      database: pool,
      telemetry: { enabled: false },
    });
    await (await getMigrations(auth.options)).runMigrations();
    const { internalAdapter, password } = await auth.$context;
    const shared = await password.hash(PASSWORD);
    const people = { ids: [], passwords: [], sessions: [], expired: [], resets: [] };
    await each(Array.from({ length: users }), async (_, index) => {
      const email = `user${index}@example.com`;
      const id =
        index < signedUp
          ? await signUp(auth, people, email)
          : await insert(internalAdapter, people, { email, index, password: shared });
      people.ids.push(id);
      if (index % 50 === 0) people.resets.push(await beginReset(internalAdapter, id, email));
    });
    return people;
  } finally {
    await pool.end();
  }
}

async function signUp(auth, people, email) {
  const { user, token } = await auth.api.signUpEmail({ body: { name: 'Zoë 佐藤', email, password: PASSWORD } });
  people.passwords.push({ email });
  people.sessions.push({ token, userId: user.id, isSocial: false });
  return user.id;
}

/** A user as they come: some without a password, some with two accounts, some signed in twice, some long ago. */
async function insert(adapter, people, { email, index, password }) {
  const isSocial = index % 4 === 0;
  const user = await adapter.createUser({
    name: `User "${index}" O'Neil`,
    email,
    emailVerified: isSocial || index % 3 === 0,
    image: isSocial ? `https://pictures.example/${index}.png` : null,
  });
  const account = (more) => adapter.createAccount({ userId: user.id, ...more });
  if (isSocial) {
    await account({
      providerId: index % 8 === 0 ? 'google' : 'github',
      accountId: String(100_000 + index),
      accessToken: randomBytes(40).toString('base64url'),
      refreshToken: randomBytes(40).toString('base64url'),
      accessTokenExpiresAt: new Date(Date.now() + DAY),
      scope: 'openid,email,profile',
    });
  }
  if (!isSocial || index % 12 === 0) {
    await account({ providerId: 'credential', accountId: user.id, password });
    people.passwords.push({ email });
  }
  for (let count = index % 3 === 0 ? 2 : 1; count > 0; count--) {
    const { token } = await adapter.createSession(user.id, false, { ipAddress: '192.0.2.7', userAgent: 'Mozilla/5.0' });
    people.sessions.push({ token, userId: user.id, isSocial });
  }
  if (index % 7 === 0) {
    const expiresAt = new Date(Date.now() - DAY);
    const { token } = await adapter.createSession(user.id, false, { expiresAt }, true);
    people.expired.push(token);
  }
  return user.id;
}

async function beginReset(adapter, userId, email) {
  const token = randomBytes(18).toString('base64url');
  await adapter.createVerificationValue({
    identifier: `reset-password:${token}`,
    value: userId,
    expiresAt: new Date(Date.now() + DAY),
  });
  return { token, email };
}

/** For each table how many rows there are, and a digest of all that is in them. */
async function fingerprint(database, where = 'true', values = [], names = ['user', 'session', 'account', 'verification']) {
  const result = {};
  for (const name of names) {
    const rows = await database.query(
      `SELECT count(*)::int AS count, md5(string_agg(md5(t::text), '' ORDER BY id)) AS digest FROM "${name}" t WHERE ${where}`,
      values,
    );
    result[name] = rows[0];
  }
  return result;
}

const tables = async (database) =>
  (await database.query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)).map(
    ({ name }) => name,
  );

/** The doctor sees who made the database, all of its rows, and nothing wrong. */
function assertSound(report, { user, session, account, verification }) {
  assert.ok(report.origin.releases.includes('1.7.25'), JSON.stringify(report.origin));
  assert.deepEqual(report.origin.departures, []);
  const { rows } = report;
  assert.deepEqual(
    [rows.users, rows.sessions, rows.accounts, rows.verifications],
    [user.count, session.count, account.count, verification.count],
  );
  assert.deepEqual(Object.keys(rows.passwords), ['scrypt']);
  assert.deepEqual(
    report.findings.filter(({ severity }) => severity !== 'note'),
    [],
  );
}
