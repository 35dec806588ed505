// The DDL that better-auth itself runs equals the one with which the server's own tests compare its migrations.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { getMigrations } from 'better-auth/db/migration';
import pg from 'pg';
import { createDatabase } from '../src/database.mjs';

const FIXTURE = new URL('../../server/tests/it/fixtures/better-auth-1.7.25.sql', import.meta.url);

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

function withoutComments(sql) {
  return sql.replace(/^--.*$/gm, '').trim();
}
