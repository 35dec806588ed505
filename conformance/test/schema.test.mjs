// The DDL that better-auth itself runs equals the one with which the server's own tests compare its migrations.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { getMigrations } from 'better-auth/db/migration';
import { jwt } from 'better-auth/plugins';
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

const FURTHER = [
  { table: 'rate limits', fixture: 'rate-limit', options: { rateLimit: { storage: 'database' } } },
  { table: 'the keys of the plugin jwt', fixture: 'jwks', options: { plugins: [jwt()] } },
];

for (const { table, fixture: name, options } of FURTHER) {
  test(`so is that of the table of ${table}`, async () => {
    const database = await createDatabase();
    const pool = new pg.Pool({ connectionString: database.url });
    try {
      const compile = async (more) => (await getMigrations({ database: pool, ...more })).compileMigrations();
      const core = new Set(statements(await compile({})));
      const all = statements(await compile(options));
      const file = new URL(`../../server/tests/it/fixtures/better-auth-1.7.25-${name}.sql`, import.meta.url);
      assert.deepEqual(
        statements(withoutComments(await readFile(file, 'utf8'))),
        all.filter((statement) => !core.has(statement)),
      );
    } finally {
      await pool.end();
      await database.drop();
    }
  });
}

const statements = (sql) => sql.split(/;\s*/).filter((statement) => statement !== '');

function withoutComments(sql) {
  return sql.replace(/^--.*$/gm, '').trim();
}
