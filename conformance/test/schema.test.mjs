// The DDL that better-auth itself runs equals the one with which the server's own tests compare its migrations.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { getMigrations } from 'better-auth/db/migration';
import pg from 'pg';
import { createDatabase } from '../src/database.mjs';

const FIXTURE = new URL('../../server/tests/it/fixtures/better-auth-1.7.25.sql', import.meta.url);
const RATE_LIMIT_FIXTURE = new URL('../../server/tests/it/fixtures/better-auth-1.7.25-rate-limit.sql', import.meta.url);

test('the fixture of the server tests is the DDL of better-auth', async () => {
  const database = await createDatabase();
  const pool = new pg.Pool({ connectionString: database.url });
  try {
    const { compileMigrations } = await getMigrations({ database: pool, emailAndPassword: { enabled: true } });
    const fixture = await readFile(FIXTURE, 'utf8');
    assert.equal(withoutComments(fixture), withoutComments(await compileMigrations()));
  } finally {
    await pool.end();
    await database.drop();
  }
});

test('so is that of the table of rate limits', async () => {
  const database = await createDatabase();
  const pool = new pg.Pool({ connectionString: database.url });
  try {
    const compile = async (options) => (await getMigrations({ database: pool, ...options })).compileMigrations();
    const core = new Set(statements(await compile({})));
    const all = statements(await compile({ rateLimit: { storage: 'database' } }));
    const fixture = await readFile(RATE_LIMIT_FIXTURE, 'utf8');
    assert.deepEqual(
      statements(withoutComments(fixture)),
      all.filter((statement) => !core.has(statement)),
    );
  } finally {
    await pool.end();
    await database.drop();
  }
});

const statements = (sql) => sql.split(/;\s*/).filter((statement) => statement !== '');

function withoutComments(sql) {
  return sql.replace(/^--.*$/gm, '').trim();
}
