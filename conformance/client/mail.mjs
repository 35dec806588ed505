// What the client does together with mails: verifying an address, resetting a password, changing the address,
// deleting the account.

import assert from 'node:assert/strict';
import { linkOf, tokenOf } from '../src/mail.mjs';

const CAROL = { name: 'Carol', email: 'carol@example.com', password: 'correct horse' };
const NEW_EMAIL = 'new@example.com';
const NEW_PASSWORD = 'a new password';

/** `server` has a relay to which its mails go. */
export async function mail(t, { browser, server }) {
  const { client, visit, jar } = browser();
  const link = async (address) => {
    await server.mailed();
    const latest = server.relay.mails().findLast(({ to }) => to === address);
    assert.ok(latest, `a mail to ${address}`);
    return linkOf(latest, server.baseURL);
  };
  await client.signUp.email(CAROL);

  await t.test('sendVerificationEmail mails a link', async () => {
    const { data, error } = await client.sendVerificationEmail({ email: CAROL.email, callbackURL: '/welcome' });
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    assert.match(await link(CAROL.email), /\/verify-email\?token=.*&callbackURL=%2Fwelcome$/);
  });

  await t.test('sendVerificationEmail refuses the address of another user with its code', async () => {
    const { error } = await client.sendVerificationEmail({ email: 'other@example.com' });
    assert.equal(error.code, 'EMAIL_MISMATCH');
  });

  await t.test('verifyEmail refuses a token that does not hold', async () => {
    const { error } = await client.verifyEmail({ query: { token: 'wrong' } });
    assert.equal(error.status, 401);
    assert.equal(error.code, 'INVALID_TOKEN');
  });

  await t.test('verifyEmail takes the token of the mail', async () => {
    const { data, error } = await client.verifyEmail({ query: { token: tokenOf(await link(CAROL.email)) } });
    assert.deepEqual({ data, error }, { data: { status: true, user: null }, error: null });
    assert.equal((await client.getSession()).data.user.emailVerified, true);
  });

  await t.test('requestPasswordReset mails a link that leads to the page with the token', async () => {
    const { data, error } = await client.requestPasswordReset({ email: CAROL.email, redirectTo: '/reset' });
    assert.equal(error, null);
    assert.equal(data.status, true);
    const url = await link(CAROL.email);
    const location = new URL(await visit(url));
    assert.equal(location.pathname, '/reset');
    assert.equal(location.searchParams.get('token'), tokenOf(url));
  });

  await t.test('resetPassword refuses a token that is unknown', async () => {
    const { error } = await client.resetPassword({ newPassword: NEW_PASSWORD, token: 'unknown' });
    assert.equal(error.status, 400);
    assert.equal(error.code, 'INVALID_TOKEN');
  });

  await t.test('resetPassword takes the token of the mail', async () => {
    const token = tokenOf(await link(CAROL.email));
    const { data, error } = await client.resetPassword({ newPassword: NEW_PASSWORD, token });
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    const { error: refused } = await client.signIn.email({ email: CAROL.email, password: NEW_PASSWORD });
    assert.equal(refused, null);
  });

  await t.test('changeEmail mails a link to the new address, and the link changes it', async () => {
    const { data, error } = await client.changeEmail({ newEmail: NEW_EMAIL, callbackURL: '/changed' });
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    assert.equal(await visit(await link(NEW_EMAIL)), '/changed');
    assert.equal((await client.getSession()).data.user.email, NEW_EMAIL);
  });

  await t.test('deleteUser mails a link', async () => {
    const { data, error } = await client.deleteUser({ callbackURL: '/bye' });
    assert.equal(error, null);
    assert.deepEqual(data, { success: true, message: 'Verification email sent' });
  });

  await t.test('deleteUser.callback refuses a token that is unknown', async () => {
    const { error } = await client.deleteUser.callback({ query: { token: 'unknown' } });
    assert.equal(error.status, 404);
    assert.equal(error.code, 'INVALID_TOKEN');
  });

  await t.test('deleteUser.callback takes the token of the mail', async () => {
    const { data, error } = await client.deleteUser.callback({ query: { token: tokenOf(await link(NEW_EMAIL)) } });
    assert.deepEqual({ data, error }, { data: { success: true, message: 'User deleted' }, error: null });
    assert.equal(jar.header(), undefined);
    assert.equal((await client.signIn.email({ email: NEW_EMAIL, password: NEW_PASSWORD })).error.status, 401);
  });
}
