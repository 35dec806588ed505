// `auth-server doctor` on tables that the real better-auth has made with its plugins.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getMigrations } from 'better-auth/db/migration';
import {
  admin,
  anonymous,
  deviceAuthorization,
  lastLoginMethod,
  organization,
  phoneNumber,
  siwe,
  twoFactor,
  username,
} from 'better-auth/plugins';
import pg from 'pg';
import { createDatabase } from '../src/database.mjs';
import { runOurs } from '../src/ours.mjs';

const plugins = [
  admin(),
  anonymous(),
  deviceAuthorization({ schema: {} }),
  lastLoginMethod({ storeInDatabase: true }),
  organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } }),
  phoneNumber({ sendOTP: () => {} }),
  siwe({ domain: 'shop.example', getNonce: async () => 'nonce', verifyMessage: async () => true }),
  twoFactor(),
  username(),
];

test('the doctor names every plugin of better-auth that has left tables or columns', async () => {
  const database = await createDatabase();
  const pool = new pg.Pool({ connectionString: database.url });
  try {
    const { runMigrations } = await getMigrations({ database: pool, emailAndPassword: { enabled: true }, plugins });
    await runMigrations();
    const report = JSON.parse(await runOurs(['doctor', '--json'], { options: {}, database }));
    assert.deepEqual(report.plugins.map(({ name }) => name).sort(), plugins.map(({ id }) => id).sort());
    assert.deepEqual(report.origin.departures, []);
    assert.deepEqual(
      report.findings.filter(({ check }) => check === 'unknown-columns'),
      [],
    );
    const found = new Set(report.plugins.flatMap(({ tables = [] }) => tables));
    const core = ['user', 'session', 'account', 'verification'];
    const made = await database.query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`);
    assert.deepEqual(
      made.map(({ name }) => name).filter((name) => !core.includes(name) && !found.has(name)),
      [],
    );
  } finally {
    await pool.end();
    await database.drop();
  }
});
