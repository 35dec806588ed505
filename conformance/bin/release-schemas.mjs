// Writes server/src/migrate/releases/<release>-<ids>.sql: what releases of better-auth make of an empty database.
// `node bin/release-schemas.mjs <folder to install the releases into>`, a Postgres in TEST_DATABASE_URL.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** The last release of each minor version, and those between which the schema moved. */
const RELEASES = {
  '1.1.21': ['text'],
  '1.2.12': ['text', 'serial'],
  '1.3.34': ['text', 'serial'],
  '1.4.22': ['text', 'uuid', 'serial'],
  '1.5.6': ['text', 'uuid', 'serial'],
  '1.6.34': ['text', 'uuid', 'serial'],
  '1.7.0': ['text', 'uuid', 'serial'],
  '1.7.2': ['text', 'uuid', 'serial'],
  '1.7.3': ['text', 'uuid', 'serial'],
  '1.7.25': ['text', 'uuid', 'serial'],
};

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixtures = here('../../server/src/migrate/releases');
const [folder] = process.argv.slice(2);
if (!folder || !process.env.TEST_DATABASE_URL) {
  console.error('usage: TEST_DATABASE_URL=postgres://… node bin/release-schemas.mjs <folder>');
  process.exit(2);
}
const url = new URL(process.env.TEST_DATABASE_URL);
const name = `release_schemas_${process.pid}`;
const admin = new pg.Client({ connectionString: url.href });
await admin.connect();
await admin.query(`CREATE DATABASE ${name}`);
url.pathname = `/${name}`;
try {
  for (const [release, kinds] of Object.entries(RELEASES)) {
    const home = resolve(folder, release);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{"private": true}\n');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `better-auth@${release}`, 'pg@8'], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const ids of kinds) {
      const ddl = execFileSync('node', [here('../src/release-schema.mjs'), home, ids], {
        env: { ...process.env, DATABASE_URL: url.href },
        encoding: 'utf8',
      });
      writeFileSync(join(fixtures, `${release}-${ids}.sql`), ddl);
      console.log(`${release} ${ids}`);
    }
  }
} finally {
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.end();
}
