// Writes what the helpers of better-auth's plugin genericOAuth ask and make of the answers, for those with a profile of
// their own. `node bin/preset-fixtures.mjs <directory>`; our tests repeat it.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as plugins from 'better-auth/plugins';
import { parseStringBoolean } from '@better-auth/core/oauth2';
import { answering, idToken } from '../social/answering.mjs';
import { PRESETS } from '../social/presets.mjs';

const TENANT = '5f0c6e7a-1b2c-4d3e-8f90-a1b2c3d4e5f6';

const directory = process.argv[2];
await mkdir(directory, { recursive: true });
for (const [preset, { helper, profiles }] of Object.entries(PRESETS)) {
  const config = plugins[helper]({ clientId: 'client-id', clientSecret: 'secret', tenantId: TENANT });
  const list = [];
  for (const [name, { answers = [], claims, tokens: more }] of Object.entries(profiles)) {
    const tokens = { accessToken: 'access/token', ...(claims ? { idToken: idToken(claims) } : {}), ...more };
    const { result, requests } = await answering(answers, () => config.getUserInfo(tokens));
    list.push({ name, tokens, answers, requests, expected: result ? shown(config, tokens, result) : null });
  }
  const golden = { preset, scopes: config.scopes, profiles: list };
  await writeFile(path.join(directory, `${preset}.json`), `${JSON.stringify(golden, null, 2)}\n`);
}

function shown(config, tokens, user) {
  const subject = String(config.accountSubject({ tokens, profile: user }) ?? '');
  // Without an id nobody is signed in.
  if (subject.trim() === '') return null;
  return {
    subject,
    name: user.name || '',
    email: user.email ?? null,
    image: user.image ?? null,
    // What the routes make of it before they use it.
    emailVerified: parseStringBoolean(user.emailVerified) ?? false,
  };
}
