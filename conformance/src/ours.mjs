// Starts the auth server under test.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendsMail } from './callbacks.mjs';
import { createDatabase } from './database.mjs';
import { cleanEnvironment, requiredEnvironment } from './environment.mjs';
import { startMailRelay } from './mail.mjs';
import { ourSettings } from './our-settings.mjs';
import { freePort, runToEnd, startServer } from './process.mjs';
import { withRedis } from './redis.mjs';
import { BASE_URL, SECRET } from './settings.mjs';

/** How long a queued mail may take to be delivered, in milliseconds. */
const MAIL_LIMIT = 10_000;

/** How long a server may take to hear of a change that somebody else has made, in milliseconds. */
const HEARING_LIMIT = 100;

/**
 * Starts the server with these options of better-auth, on a database of its own or on the given one;
 * `migrate` runs first in both cases. `baseURL: 'listening'` means the address where it really listens,
 * which is `port` if one is given.
 */
export async function startOurs({ options, baseURL = BASE_URL, database, port: wanted }) {
  const binary = requiredEnvironment('AUTH_SERVER_BIN');
  const own = database ?? (await createDatabase(options));
  const relay = await startMailRelay();
  const [port, adminPort] = [wanted ?? (await freePort()), await freePort()];
  const directory = await mkdtemp(path.join(tmpdir(), 'conformance-'));
  const config = path.join(directory, 'config.yaml');
  const secrets = path.join(directory, 'secrets');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(await ourSettings(withRedis(options, own), relay.port, secrets), null, 2));
  const publicUrl = baseURL === 'listening' ? `http://localhost:${port}/api` : baseURL;
  const env = cleanEnvironment({
    AUTH_BASE_URL: publicUrl,
    AUTH_SECRET: SECRET,
    AUTH_CONFIG: config,
    AUTH_SECRETS_DIR: secrets,
    DATABASE_URL: own.url,
    LISTEN_ADDR: `127.0.0.1:${port}`,
    ADMIN_LISTEN_ADDR: `127.0.0.1:${adminPort}`,
    LOG_FORMAT: 'text',
  });
  const clean = async () => {
    await relay.stop();
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
      relay,
      heard: options.session?.memoryCache ? () => sleep(HEARING_LIMIT) : async () => {},
      mailed: sendsMail(options) ? () => outboxIsEmpty(own) : async () => {},
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

/** Runs a command of ours to its end with these options on this database, and returns its output. */
export async function runOurs(args, { options, database }) {
  const directory = await mkdtemp(path.join(tmpdir(), 'conformance-'));
  const config = path.join(directory, 'config.yaml');
  try {
    await writeFile(config, JSON.stringify(await ourSettings(options, 0, path.join(directory, 'secrets'))));
    const env = cleanEnvironment({ AUTH_CONFIG: config, DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
    return await runToEnd(requiredEnvironment('AUTH_SERVER_BIN'), args, env);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Resolves once every queued mail has been delivered: rows leave the outbox when they are sent. */
async function outboxIsEmpty(database) {
  const deadline = Date.now() + MAIL_LIMIT;
  while ((await database.query('SELECT 1 FROM authbackend_outbox LIMIT 1')).length > 0) {
    if (Date.now() > deadline) throw new Error(`mails are still queued after ${MAIL_LIMIT} ms`);
    await sleep(10);
  }
}

async function isReady(adminPort) {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
  await answer.arrayBuffer();
  return answer.ok;
}
