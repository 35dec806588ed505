// A throw-away Redis beside a database, for configurations with a secondary storage.

import { Redis } from 'ioredis';
import { requiredEnvironment } from './environment.mjs';
import { freePort, startServer } from './process.mjs';

/** What the package for Redis puts before every key. */
const PREFIX = 'better-auth:';
const JSON_DATE = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})Z$/;

/** Starts a Redis and returns its URL, a client of it, and what is in it. */
export async function startRedis() {
  const port = await freePort();
  const command = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const server = await startServer(requiredEnvironment('REDIS_BIN'), command, process.env, async (child) =>
    child.output().includes('Ready to accept connections'),
  );
  const client = new Redis({ host: '127.0.0.1', port });
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    /** The value of a key, which is given without its prefix. */
    get: (key) => client.get(PREFIX + key),
    set: (key, value) => client.set(PREFIX + key, value),
    delete: (key) => client.del(PREFIX + key),
    flush: () => client.flushdb(),
    rows: () => rows(client),
    async stop() {
      client.disconnect();
      await server.stop();
    },
  };
}

/** The options with the URL of the Redis that belongs to the database, if they want one. */
export function withRedis(options, { redis }) {
  if (!redis) return options;
  const own = options.secondaryStorage.redis;
  return { ...options, secondaryStorage: { redis: { ...own, url: redis.url } } };
}

/** What is kept, as rows: whose or which it is, the value as it is read, and until when. */
async function rows(client) {
  const keys = (await client.keys('*')).map((key) => key.slice(PREFIX.length)).sort();
  const list = await Promise.all(
    keys.map(async (key) => {
      const [text, left] = [await client.get(PREFIX + key), await client.pttl(PREFIX + key)];
      return { ...names(key), is: readable(JSON.parse(text)), until: left < 0 ? left : date(Date.now() + left) };
    }),
  );
  // What was made first comes first, as with the rows of tables.
  const made = ({ is }) => is?.createdAt ?? '';
  return list.sort((a, b) => (made(a) === made(b) ? 0 : made(a) < made(b) ? -1 : 1));
}

/** What a key stands for, apart from its kind, so that it is masked as it is elsewhere. */
function names(key) {
  const [, kind, rest] = /^(active-sessions-|revoked-sessions-before-|verification:)?(.*)$/s.exec(key);
  if (kind === 'verification:') return { kind, identifier: rest };
  return kind ? { kind, userId: rest } : { kind: 'token', token: rest };
}

/** Dates and times in milliseconds as those of the tables are written, so that they are compared alike. */
function readable(value) {
  if (typeof value === 'number' && value > 1e12) return date(value);
  if (typeof value === 'string') return value.replace(JSON_DATE, '$1000Z');
  if (Array.isArray(value)) return value.map(readable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, readable(item)]));
}

const date = (milliseconds) => new Date(milliseconds).toISOString().replace(JSON_DATE, '$1000Z');
