// Signing in with an identity provider, and what the client does with the accounts of a user.

import assert from 'node:assert/strict';
import { PROVIDER_ID } from '../src/oidc-provider.mjs';

const DAVE = { name: 'Dave', email: 'dave@example.com', password: 'correct horse' };

/** `provider` is the identity provider that `server` knows as PROVIDER_ID; it calls whoever `loginHint` names. */
export async function accounts(t, { browser, provider }) {
  const { client, visit } = browser();
  const atProvider = { provider: PROVIDER_ID, callbackURL: '/welcome', loginHint: 'dave' };
  let social;

  await t.test('signIn.social makes an account of what the provider tells', async () => {
    const { data, error } = await client.signIn.social({ ...atProvider, newUserCallbackURL: '/new' });
    assert.equal(error, null);
    assert.equal(data.redirect, true);
    assert.equal(await visit(await provider.authorize(data.url)), '/new');
    const { user } = (await client.getSession()).data;
    assert.equal(user.email, DAVE.email);
    assert.equal(user.name, 'Dave Example');
    assert.equal(user.emailVerified, true);
  });

  await t.test('signIn.social refuses a provider that is unknown', async () => {
    const { error } = await client.signIn.social({ provider: 'unknown' });
    assert.equal(error.status, 404);
    assert.equal(error.code, 'PROVIDER_NOT_FOUND');
  });

  await t.test('listAccounts lists the account', async () => {
    const { data, error } = await client.listAccounts();
    assert.equal(error, null);
    assert.equal(data.length, 1);
    [social] = data;
    assert.equal(social.providerId, PROVIDER_ID);
    assert.equal(social.accountId, 'dave');
    assert.ok(social.createdAt instanceof Date);
  });

  await t.test('getAccessToken returns a token of the provider', async () => {
    const { data, error } = await client.getAccessToken({ accountId: social.id });
    assert.equal(error, null);
    assert.ok(data.accessToken.length > 20);
    assert.ok(data.accessTokenExpiresAt > new Date());
  });

  await t.test('refreshToken returns another one', async () => {
    const { data: before } = await client.getAccessToken({ accountId: social.id });
    const { data, error } = await client.refreshToken({ accountId: social.id });
    assert.equal(error, null);
    assert.equal(data.providerId, PROVIDER_ID);
    assert.notEqual(data.accessToken, before.accessToken);
    const { data: after } = await client.getAccessToken({ accountId: social.id });
    assert.equal(after.accessToken, data.accessToken);
  });

  await t.test('accountInfo tells what the provider tells', async () => {
    const { data, error } = await client.accountInfo({ query: { accountId: social.id } });
    assert.equal(error, null);
    assert.equal(data.user.email, DAVE.email);
    assert.equal(data.account.accountId, 'dave');
  });

  await t.test('unlinkAccount leaves the last account', async () => {
    const { error } = await client.unlinkAccount({ accountId: social.id });
    assert.equal(error.status, 400);
    assert.equal(error.code, 'FAILED_TO_UNLINK_LAST_ACCOUNT');
  });

  await t.test('linkSocial adds the provider to an account with a password', async () => {
    const erin = browser();
    await erin.client.signUp.email({ ...DAVE, name: 'Erin', email: 'erin@example.com' });
    const { data, error } = await erin.client.linkSocial({ ...atProvider, loginHint: 'erin' });
    assert.equal(error, null);
    assert.equal(await erin.visit(await provider.authorize(data.url)), '/welcome');
    const { data: list } = await erin.client.listAccounts();
    assert.deepEqual(list.map(({ providerId }) => providerId).sort(), ['credential', PROVIDER_ID]);

    const linked = list.find(({ providerId }) => providerId === PROVIDER_ID);
    assert.deepEqual(await erin.client.unlinkAccount({ accountId: linked.id }), {
      data: { status: true },
      error: null,
    });
    assert.equal((await erin.client.listAccounts()).data.length, 1);
  });
}
