// Throw-away databases on the Postgres of TEST_DATABASE_URL: one per server, dropped afterwards.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { requiredEnvironment } from './environment.mjs';
import { startRedis } from './redis.mjs';

/** The tables of better-auth's core schema, in an order that foreign keys allow to fill. */
export const TABLES = ['user', 'session', 'account', 'verification'];

/** The tables that a configuration uses: `{entity, table, order}`, renamed as it says. */
export function tablesOf(options = {}) {
  const { session = {}, verification = {}, secondaryStorage } = options;
  // What is in the secondary storage alone has no table with better-auth.
  const elsewhere = new Set();
  if (secondaryStorage && !session.storeSessionInDatabase) elsewhere.add('session');
  if (secondaryStorage && !verification.storeInDatabase) elsewhere.add('verification');
  const core = TABLES.filter((entity) => !elsewhere.has(entity)).map((entity) => {
    const { modelName = entity, fields = {} } = options[entity] ?? {};
    return { entity, table: modelName, order: fields.createdAt ?? 'createdAt' };
  });
  const { modelName: rateLimit = 'rateLimit', storage } = options.rateLimit ?? {};
  const jwks = options.plugins?.jwt?.schema?.jwks ?? {};
  return [
    ...core,
    ...(storage === 'database' ? [{ entity: 'rateLimit', table: rateLimit, order: 'key' }] : []),
    ...(options.plugins?.jwt ? [{ entity: 'jwks', table: jwks.modelName ?? 'jwks', order: 'createdAt', publicKey: jwks.fields?.publicKey ?? 'publicKey' }] : []),
  ];
}

/** ISO 8601 in UTC with microseconds, so that a precision beyond milliseconds is seen. */
const ISO_MICROSECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';

/**
 * Creates an empty database and returns its URL and the queries that the tests need of the tables of `options`; with a
 * Redis beside it if they want a secondary storage.
 */
export async function createDatabase(options) {
  const tables = tablesOf(options);
  const adminUrl = requiredEnvironment('TEST_DATABASE_URL');
  const name = `conformance_${process.pid}_${randomBytes(4).toString('hex')}`;
  await administer(adminUrl, `CREATE DATABASE "${name}"`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const redis = options?.secondaryStorage && (await startRedis());
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  // A terminated idle connection is how DROP DATABASE … FORCE ends; it is no failure.
  pool.on('error', () => {});
  return {
    url: url.href,
    redis,
    query: (sql, values) => pool.query(sql, values).then((result) => result.rows),
    rows: async () => ({ ...(await allRows(pool, tables)), ...(redis && { redis: await redis.rows() }) }),
    publicKeys: () => publicKeys(pool, tables),
    async truncate() {
      await pool.query(`TRUNCATE ${tables.map(({ table }) => `"${table}"`).join(', ')} CASCADE`);
      await redis?.flush();
    },
    async drop() {
      await redis?.stop();
      await pool.end();
      await administer(adminUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    },
  };
}

/** The public keys of the plugin jwt, by which tokens are verified. */
async function publicKeys(pool, tables) {
  const keys = tables.find(({ entity }) => entity === 'jwks');
  if (!keys) return [];
  const { rows } = await pool.query(`SELECT id, alg, "${keys.publicKey}" AS "publicKey" FROM "${keys.table}"`);
  return rows;
}

async function administer(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** All rows by creation; timestamps as text with microseconds. */
async function allRows(pool, tables) {
  const rows = {};
  for (const { entity, table, order } of tables) {
    const columns = await pool.query(
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns
       WHERE table_schema = current_schema() AND table_name = $1`,
      [table],
    );
    const list = columns.rows.map(({ name, type }) =>
      type.startsWith('timestamp')
        ? `to_char("${name}" AT TIME ZONE 'UTC', '${ISO_MICROSECONDS}') AS "${name}"`
        : `"${name}"`,
    );
    const result = await pool.query(`SELECT ${list.join(', ')} FROM "${table}" AS t ORDER BY t."${order}"`);
    rows[entity] = result.rows;
  }
  return rows;
}
