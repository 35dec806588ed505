// Writes what better-auth's own code for each service does: the URL of its page, the requests that it sends and the
// user that it makes of the answers. `node bin/social-fixtures.mjs <directory>`; our tests repeat it.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mock } from 'node:test';
import { parseStringBoolean } from '@better-auth/core/oauth2';
import { socialProviders } from '@better-auth/core/social-providers';
import { answering, idToken } from '../social/answering.mjs';
import { cases, REQUIRED } from '../social/options.mjs';
import { PROFILES } from '../social/profiles.mjs';

const NOW = '2026-01-10T12:00:00.000Z';
const STATE = 'sTaTeSTATEstateSTATEstateSTATE00';
const VERIFIER = 'v'.repeat(128);
const CLIENT = { clientId: 'client-id', clientSecret: 'client secret/+ü' };
const TOKENS = {
  token_type: 'bearer',
  access_token: 'access-token',
  refresh_token: 'refresh-token',
  expires_in: 3600,
  refresh_token_expires_in: 86400,
  scope: 'one two',
  id_token: 'a.b.c',
};

mock.timers.enable({ apis: ['Date'], now: Date.parse(NOW) });
const directory = process.argv[2];
await mkdir(directory, { recursive: true });
for (const id of Object.keys(socialProviders).sort()) {
  const golden = {
    service: id,
    authorization: await authorization(id),
    exchange: await exchange(id),
    refresh: await refresh(id),
    profiles: await profiles(id),
  };
  await writeFile(path.join(directory, `${id}.json`), `${JSON.stringify(golden, null, 2)}\n`);
}

function create(id, options) {
  return socialProviders[id]({ ...CLIENT, ...REQUIRED[id], ...options });
}

/** Our settings for the same options: the secret is a reference. */
function settings(id, options) {
  return {
    clientId: CLIENT.clientId,
    clientSecretRef: { name: 'social', key: 'secret' },
    ...REQUIRED[id],
    ...options,
  };
}

async function authorization(id) {
  const list = [];
  for (const [name, { options, request }] of Object.entries(cases(id))) {
    const url = await create(id, options).createAuthorizationURL({
      state: STATE,
      codeVerifier: VERIFIER,
      redirectURI: `http://localhost:8100/api/callback/${id}`,
      ...request,
    });
    list.push({ name, settings: settings(id, options), request, url: url.toString() });
  }
  return list;
}

async function exchange(id) {
  const answer =
    id === 'wechat'
      ? { access_token: 'access-token', refresh_token: 'refresh-token', expires_in: 3600, scope: 'one,two', openid: 'open', unionid: 'union' }
      : TOKENS;
  const { result, requests } = await answering([answer], () =>
    create(id, {}).validateAuthorizationCode({
      code: 'the code',
      codeVerifier: VERIFIER,
      deviceId: 'device',
      redirectURI: `http://localhost:8100/api/callback/${id}`,
    }),
  );
  return { settings: settings(id, {}), answer, requests, tokens: tokens(result) };
}

async function refresh(id) {
  const provider = create(id, {});
  if (!provider.refreshAccessToken) return null;
  const answer = id === 'wechat' ? { access_token: 'new', refresh_token: 'newer', expires_in: 60, scope: 'one,two' } : TOKENS;
  const { result, requests } = await answering([answer], () => provider.refreshAccessToken('refresh token'));
  return { answer, requests, tokens: tokens(result) };
}

async function profiles(id) {
  const list = [];
  for (const [name, { answers = [], claims, user, tokens: more }] of Object.entries(PROFILES[id])) {
    const given = {
      accessToken: 'access-token',
      ...(claims ? { idToken: idToken(claims) } : {}),
      ...more,
      ...(user ? { user } : {}),
    };
    const provider = create(id, {});
    const { result, requests } = await answering(answers, () => provider.getUserInfo(given));
    list.push({ name, tokens: given, answers, requests, expected: result ? await mapped(provider, given, result) : null });
  }
  return list;
}

async function mapped(provider, given, { user, data }) {
  const subject = await Promise.resolve()
    .then(() => provider.accountSubject({ tokens: given, profile: data }))
    .catch(() => undefined);
  return {
    subject: subject === undefined || subject === null ? null : String(subject),
    name: user.name || '',
    email: user.email ?? null,
    image: user.image ?? null,
    // What the routes make of it before they use it.
    emailVerified: parseStringBoolean(user.emailVerified) ?? false,
    data,
  };
}

function tokens(result) {
  return {
    accessToken: result.accessToken ?? null,
    refreshToken: result.refreshToken ?? null,
    idToken: result.idToken ?? null,
    accessTokenExpiresAt: result.accessTokenExpiresAt ?? null,
    refreshTokenExpiresAt: result.refreshTokenExpiresAt ?? null,
    scopes: result.scopes ?? [],
  };
}
