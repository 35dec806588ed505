// Starts the auth server under test.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from './database.mjs';
import { cleanEnvironment, requiredEnvironment } from './environment.mjs';
import { freePort, runToEnd, startServer } from './process.mjs';
import { BASE_URL, SECRET } from './settings.mjs';

/**
 * Starts the server with these settings (the content of AUTH_CONFIG), on a database of its own or
 * on the given one; `migrate` runs first in both cases. `baseURL: 'listening'` means the address
 * where it really listens.
 */
export async function startOurs({ options, baseURL = BASE_URL, database }) {
  const binary = requiredEnvironment('AUTH_SERVER_BIN');
  const own = database ?? (await createDatabase());
  const [port, adminPort] = [await freePort(), await freePort()];
  const directory = await mkdtemp(path.join(tmpdir(), 'conformance-'));
  const config = path.join(directory, 'config.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(options, null, 2));
  const publicUrl = baseURL === 'listening' ? `http://localhost:${port}/api` : baseURL;
  const env = cleanEnvironment({
    AUTH_BASE_URL: publicUrl,
    AUTH_SECRET: SECRET,
    AUTH_CONFIG: config,
    DATABASE_URL: own.url,
    LISTEN_ADDR: `127.0.0.1:${port}`,
    ADMIN_LISTEN_ADDR: `127.0.0.1:${adminPort}`,
    LOG_FORMAT: 'text',
  });
  const clean = async () => {
    await rm(directory, { recursive: true, force: true });
    if (!database) await own.drop();
  };
  try {
    await runToEnd(binary, ['migrate'], env);
    const server = await startServer(binary, ['serve'], env, () => isReady(adminPort));
    return {
      name: 'ours',
      port,
      baseURL: publicUrl,
      database: own,
      output: server.output,
      async stop() {
        await server.stop();
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}

async function isReady(adminPort) {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
  await answer.arrayBuffer();
  return answer.ok;
}
