// Starts the real better-auth server.

import { fileURLToPath } from 'node:url';
import { createDatabase } from './database.mjs';
import { cleanEnvironment } from './environment.mjs';
import { startMailRelay } from './mail.mjs';
import { freePort, startServer } from './process.mjs';
import { withRedis } from './redis.mjs';
import { BASE_URL, SECRET } from './settings.mjs';

const PROGRAM = fileURLToPath(new URL('./reference-server.mjs', import.meta.url));

/**
 * Starts better-auth with these options, on a database of its own (made by its own migrations) or
 * on the given one as it is. `baseURL: 'listening'` means the address where it really listens, which
 * is `port` if one is given.
 */
export async function startReference({ options, baseURL = BASE_URL, database, port: wanted }) {
  const own = database ?? (await createDatabase(options));
  const relay = await startMailRelay();
  const port = wanted ?? (await freePort());
  const settings = {
    baseURL: baseURL === 'listening' ? `http://localhost:${port}/api` : baseURL,
    databaseUrl: own.url,
    secret: SECRET,
    port,
    options: withRedis(options, own),
    relayPort: relay.port,
    migrate: !database,
  };
  const env = cleanEnvironment({ NODE_ENV: 'production', REFERENCE_SETTINGS: JSON.stringify(settings) });
  const clean = async () => {
    await relay.stop();
    if (!database) await own.drop();
  };
  const server = await startServer(process.execPath, [PROGRAM], env, async (child) =>
    child.output().includes('listening'),
  ).catch(async (error) => {
    await clean();
    throw error;
  });
  return {
    name: 'reference',
    port,
    baseURL: settings.baseURL,
    database: own,
    output: server.output,
    relay,
    // Its functions have mailed before an answer leaves.
    mailed: async () => {},
    // It remembers nothing.
    heard: async () => {},
    async stop() {
      await server.stop();
      await clean();
    },
  };
}
