// docs/compatibility.md says of everything that better-auth offers whether it is the same, different, or not offered.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { coreEndpoints, coreOptions, documented, isDocumented, jwtOptions, pluginIds } from '../src/options.mjs';

const page = await readFile(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
const names = documented(page);
const missing = (list) => list.filter((name) => !isDocumented(names, name));

test('every option of better-auth has a row', async () => {
  const options = await coreOptions();
  // Otherwise the declarations have another form, and nothing has been looked at.
  for (const known of ['appName', 'session.cookieCache.maxAge', 'advanced.ipAddress.trustedProxies', 'rateLimit.max'])
    assert.ok(options.includes(known), `${known} is not among ${options.join(', ')}`);
  assert.ok(options.length > 110, `${options.length} options`);
  assert.deepEqual(missing(options), []);
});

test('every option of the plugin jwt has a row', async () => {
  const options = await jwtOptions();
  assert.ok(options.includes('jwks.keyPairConfigs'), options.join(', '));
  assert.deepEqual(missing(options.map((option) => `plugins.jwt.${option}`)), []);
});

test('every endpoint of the core has a row', async () => {
  const endpoints = await coreEndpoints();
  assert.ok(endpoints.includes('/sign-in/email') && endpoints.length > 25, endpoints.join(', '));
  assert.deepEqual(missing(endpoints), []);
});

test('every plugin has a row', async () => {
  const ids = await pluginIds();
  assert.ok(ids.includes('two-factor') && ids.length > 20, ids.join(', '));
  assert.deepEqual(missing(ids), []);
});

test('an option without a row is found', () => {
  const rows = documented('| `a.b`, `c`, `d.e` | same | |\n| `f.*` | not offered | |\n');
  for (const option of ['a.b', 'a.c', 'd.e', 'f.g', 'f.g.h']) assert.ok(isDocumented(rows, option), option);
  for (const option of ['b', 'a.d', 'd.c', 'g', 'ff.g']) assert.ok(!isDocumented(rows, option), option);
});
