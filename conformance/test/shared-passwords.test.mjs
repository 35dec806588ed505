// With `hash: scrypt` better-auth and the server under test take turns on one database: whatever one does to a password,
// the other signs in with it. Without, a password that was used here is lost to better-auth.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MAIL } from '../src/callbacks.mjs';
import { CookieJar } from '../src/cookies.mjs';
import { linkOf, tokenOf } from '../src/mail.mjs';
import { call, startOnOneDatabase } from '../src/one-database.mjs';

const options = { emailAndPassword: { enabled: true, sendResetPassword: MAIL }, rateLimit: { enabled: false } };
const scrypt = { ...options, emailAndPassword: { ...options.emailAndPassword, password: { hash: 'scrypt' } } };

/** The form in which better-auth stores a hash. */
const SCRYPT = /^[0-9a-f]{32}:[0-9a-f]{128}$/;

const signUp = (server, email, password) =>
  call(server, 'POST', '/sign-up/email', { body: { name: 'Someone', email, password } });
const signIn = (server, email, password, jar) =>
  call(server, 'POST', '/sign-in/email', { body: { email, password }, jar });

async function changePassword(server, email, currentPassword, newPassword) {
  const jar = new CookieJar();
  await signIn(server, email, currentPassword, jar);
  return call(server, 'POST', '/change-password', { jar, body: { currentPassword, newPassword } });
}

/** Asks for the mail at one server and chooses the password at another. */
async function resetPassword({ askedAt, chosenAt }, email, newPassword) {
  askedAt.relay.clear();
  await call(askedAt, 'POST', '/request-password-reset', { body: { email, redirectTo: '/reset' } });
  await askedAt.mailed();
  const mail = askedAt.relay.mails().find(({ to }) => to === email);
  const token = tokenOf(linkOf(mail, askedAt.baseURL));
  return call(chosenAt, 'POST', '/reset-password', { body: { token, newPassword } });
}

const succeeds = ({ status, json }) => assert.equal(status, 200, JSON.stringify(json));

async function hashOf(database, email) {
  const rows = await database.query(
    `SELECT password FROM account JOIN "user" u ON u.id = "userId" WHERE email = $1 AND "providerId" = 'credential'`,
    [email],
  );
  return rows[0].password;
}

describe('with hash: scrypt', () => {
  let both;
  before(async () => {
    both = await startOnOneDatabase(options, scrypt);
  });
  after(() => both?.stop());

  /** The password signs in at both, and is stored as better-auth stores it. */
  async function holdsAtBoth(email, password) {
    for (const name of ['reference', 'ours']) {
      const { status, json } = await signIn(both[name], email, password);
      assert.equal(status, 200, `${name}: ${JSON.stringify(json)}`);
      assert.match(await hashOf(both.reference.database, email), SCRYPT);
    }
  }

  /** A former password signs in nowhere. */
  async function isGoneAtBoth(email, password) {
    for (const name of ['reference', 'ours']) assert.equal((await signIn(both[name], email, password)).status, 401, name);
  }

  for (const [one, other] of [
    ['reference', 'ours'],
    ['ours', 'reference'],
  ]) {
    test(`a password chosen at ${one} holds at ${other}, changed and reset in turns`, async () => {
      const email = `turns-${one}@example.com`;
      const passwords = ['password no. 0', 'password no. 1', 'Passwort № 2 ﬁn', 'password no. 3', 'password no. 4'];
      succeeds(await signUp(both[one], email, passwords[0]));
      await holdsAtBoth(email, passwords[0]);
      succeeds(await changePassword(both[other], email, passwords[0], passwords[1]));
      await holdsAtBoth(email, passwords[1]);
      succeeds(await changePassword(both[one], email, passwords[1], passwords[2]));
      await holdsAtBoth(email, passwords[2]);
      succeeds(await resetPassword({ askedAt: both[other], chosenAt: both[other] }, email, passwords[3]));
      await holdsAtBoth(email, passwords[3]);
      succeeds(await resetPassword({ askedAt: both[one], chosenAt: both[one] }, email, passwords[4]));
      await holdsAtBoth(email, passwords[4]);
      await isGoneAtBoth(email, passwords[0]);
    });

    test(`a mail of ${one} resets the password at ${other}`, async () => {
      const email = `mail-${one}@example.com`;
      succeeds(await signUp(both[one], email, 'password no. 0'));
      succeeds(await resetPassword({ askedAt: both[one], chosenAt: both[other] }, email, 'password no. 1'));
      await holdsAtBoth(email, 'password no. 1');
    });
  }
});

describe('without it', () => {
  let both;
  before(async () => {
    both = await startOnOneDatabase(options, options);
  });
  after(() => both?.stop());

  test('a user who signed in here cannot sign in at better-auth, until a reset there', async () => {
    const [email, password] = ['lost@example.com', 'password no. 0'];
    succeeds(await signUp(both.reference, email, password));
    succeeds(await signIn(both.reference, email, password));
    succeeds(await signIn(both.ours, email, password));
    assert.match(await hashOf(both.reference.database, email), /^\$argon2id\$/);
    assert.notEqual((await signIn(both.reference, email, password)).status, 200);
    succeeds(await resetPassword({ askedAt: both.reference, chosenAt: both.reference }, email, 'password no. 1'));
    succeeds(await signIn(both.reference, email, 'password no. 1'));
  });

  test('a user who never signed in here still can', async () => {
    const [email, password] = ['kept@example.com', 'password no. 0'];
    succeeds(await signUp(both.reference, email, password));
    succeeds(await signIn(both.reference, email, password));
  });
});
