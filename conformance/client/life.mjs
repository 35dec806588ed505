// The life of an account with a password, on three devices.

import assert from 'node:assert/strict';

const ALICE = { name: 'Alice', email: 'alice@example.com', password: 'correct horse' };
const NEW_PASSWORD = 'a new password';

const isDate = (value) => value instanceof Date && Math.abs(value - Date.now()) < 120_000;

/** `browser()` makes a client with cookies of its own. */
export async function life(t, { browser }) {
  const laptop = browser();
  const phone = browser();
  const tablet = browser();
  let userId;

  await t.test('before sign-up there is no session', async () => {
    assert.deepEqual(await laptop.client.getSession(), { data: null, error: null });
  });

  await t.test('sign-up returns the user and a token', async () => {
    const { data, error } = await laptop.client.signUp.email(ALICE);
    assert.equal(error, null);
    assert.equal(data.user.email, ALICE.email);
    assert.equal(data.user.name, ALICE.name);
    assert.equal(data.user.emailVerified, false);
    assert.equal(data.user.image, null);
    assert.equal(data.token, laptop.jar.token());
    userId = data.user.id;
  });

  await t.test('dates arrive as Date objects of now', async () => {
    const { data } = await laptop.client.getSession();
    assert.ok(isDate(data.user.createdAt) && isDate(data.user.updatedAt) && isDate(data.session.createdAt));
    assert.equal(Math.round((data.session.expiresAt - Date.now()) / 86_400_000), 7);
  });

  await t.test('sign-up made a session', async () => {
    const { data } = await laptop.client.getSession();
    assert.equal(data.user.id, userId);
    assert.equal(data.session.userId, userId);
    assert.equal(data.session.token, laptop.jar.token());
  });

  await t.test('a second sign-up with the address is refused with its code', async () => {
    const { data, error } = await browser().client.signUp.email(ALICE);
    assert.equal(data, null);
    assert.equal(error.status, 422);
    assert.equal(error.code, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL');
    assert.equal(error.message, 'User already exists. Use another email.');
  });

  await t.test('a wrong password is refused with its code', async () => {
    const { data, error } = await phone.client.signIn.email({ email: ALICE.email, password: 'wrong password' });
    assert.equal(data, null);
    assert.equal(error.status, 401);
    assert.equal(error.code, 'INVALID_EMAIL_OR_PASSWORD');
  });

  await t.test('signIn.email signs other devices in', async () => {
    for (const device of [phone, tablet]) {
      const { data, error } = await device.client.signIn.email({ email: ALICE.email, password: ALICE.password });
      assert.equal(error, null);
      assert.equal(data.redirect, false);
      assert.equal(data.user.id, userId);
      assert.equal(data.token, device.jar.token());
    }
  });

  await t.test('listSessions lists the three devices', async () => {
    const { data, error } = await laptop.client.listSessions();
    assert.equal(error, null);
    const tokens = data.map(({ token }) => token).sort();
    assert.deepEqual(tokens, [laptop, phone, tablet].map(({ jar }) => jar.token()).sort());
    assert.ok(data.every(({ expiresAt }) => expiresAt instanceof Date));
  });

  await t.test('revokeSession ends the session of the tablet', async () => {
    const { data, error } = await laptop.client.revokeSession({ token: tablet.jar.token() });
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    assert.equal((await tablet.client.getSession()).data, null);
  });

  await t.test('revokeSession leaves the phone signed in', async () => {
    assert.equal((await phone.client.getSession()).data.user.id, userId);
  });

  await t.test('revokeOtherSessions ends the session of the phone only', async () => {
    const { data, error } = await laptop.client.revokeOtherSessions();
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    assert.equal((await phone.client.getSession()).data, null);
    assert.equal((await laptop.client.getSession()).data.user.id, userId);
  });

  await t.test('updateUser changes name and image', async () => {
    const { data, error } = await laptop.client.updateUser({ name: 'Alicia', image: 'https://img.example/a.png' });
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    const { user } = (await laptop.client.getSession()).data;
    assert.equal(user.name, 'Alicia');
    assert.equal(user.image, 'https://img.example/a.png');
  });

  await t.test('updateUser refuses another address with its code', async () => {
    const { error } = await laptop.client.updateUser({ email: 'new@example.com' });
    assert.equal(error.status, 400);
    assert.equal(error.code, 'EMAIL_CAN_NOT_BE_UPDATED');
  });

  await t.test('updateSession refuses what is no field of a session', async () => {
    const { error } = await laptop.client.updateSession({ theme: 'dark' });
    assert.equal(error.status, 400);
    assert.equal(error.message, 'No fields to update');
  });

  await t.test('verifyPassword tells the right password from a wrong one', async () => {
    const { data } = await laptop.client.verifyPassword({ password: ALICE.password });
    assert.deepEqual(data, { status: true });
    const { error } = await laptop.client.verifyPassword({ password: 'wrong password' });
    assert.equal(error.code, 'INVALID_PASSWORD');
  });

  await t.test('changePassword refuses a wrong current password', async () => {
    const { error } = await laptop.client.changePassword({
      currentPassword: 'wrong password',
      newPassword: NEW_PASSWORD,
    });
    assert.equal(error.status, 400);
    assert.equal(error.code, 'INVALID_PASSWORD');
  });

  await t.test('changePassword replaces the token when other sessions end', async () => {
    const before = laptop.jar.token();
    const { data, error } = await laptop.client.changePassword({
      currentPassword: ALICE.password,
      newPassword: NEW_PASSWORD,
      revokeOtherSessions: true,
    });
    assert.equal(error, null);
    assert.equal(data.user.id, userId);
    assert.equal(data.token, laptop.jar.token());
    assert.notEqual(data.token, before);
  });

  await t.test('the old password no longer signs in, the new one does', async () => {
    const old = await phone.client.signIn.email({ email: ALICE.email, password: ALICE.password });
    assert.equal(old.error.status, 401);
    const fresh = await phone.client.signIn.email({ email: ALICE.email, password: NEW_PASSWORD });
    assert.equal(fresh.error, null);
  });

  await t.test('revokeSessions ends all sessions', async () => {
    const { data, error } = await laptop.client.revokeSessions();
    assert.deepEqual({ data, error }, { data: { status: true }, error: null });
    assert.equal((await phone.client.getSession()).data, null);
    assert.equal((await laptop.client.getSession()).data, null);
  });

  await t.test('without a session listSessions is refused with its code', async () => {
    const { data, error } = await laptop.client.listSessions();
    assert.equal(data, null);
    assert.equal(error.status, 401);
    assert.equal(error.code, 'UNAUTHORIZED');
  });

  await t.test('signOut ends the session and empties the jar', async () => {
    await laptop.client.signIn.email({ email: ALICE.email, password: NEW_PASSWORD });
    const { data, error } = await laptop.client.signOut();
    assert.deepEqual({ data, error }, { data: { success: true }, error: null });
    assert.equal(laptop.jar.header(), undefined);
    assert.equal((await laptop.client.getSession()).data, null);
  });
}
