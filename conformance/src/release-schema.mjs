// Prints the DDL that an installed release of better-auth generates for an empty database:
// `node release-schema.mjs <folder with node_modules> <text|uuid|serial>`, the empty database in DATABASE_URL.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, ids] = process.argv.slice(2);
const { resolve } = createRequire(join(folder, 'package.json'));
const load = async (name) => import(pathToFileURL(resolve(name)).href);

/** `getMigrations` has moved between releases. */
async function migrations() {
  for (const name of ['better-auth/db/migration', 'better-auth/db']) {
    const found = await load(name).catch(() => ({}));
    if (found.getMigrations) return found.getMigrations;
  }
  throw new Error(`no getMigrations in ${folder}`);
}

const { default: pg } = await load('pg');
const database = new pg.Pool({ connectionString: process.env.DATABASE_URL });
// Before 1.4 numbers were asked for by another option.
const options = { text: {}, uuid: { generateId: 'uuid' }, serial: { generateId: 'serial', useNumberId: true } };
const getMigrations = await migrations();
const { compileMigrations } = await getMigrations({
  baseURL: 'http://localhost',
  secret: 'release-schema-secret-0123456789abcdef',
  database,
  logger: { disabled: true },
  emailAndPassword: { enabled: true },
  rateLimit: { storage: 'database' },
  advanced: { database: options[ids] },
});
console.log((await compileMigrations()).replace(/;?\s*$/, ';'));
await database.end();
