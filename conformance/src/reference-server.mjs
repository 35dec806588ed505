// The real better-auth server as a process of its own: `node reference-server.mjs`, settings in REFERENCE_SETTINGS.

import http from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';
import { referenceOptions } from './reference-options.mjs';

const { baseURL, databaseUrl, secret, port, options, relayPort, migrate } = JSON.parse(process.env.REFERENCE_SETTINGS);

const auth = betterAuth({
  ...(await referenceOptions(options, relayPort)),
  baseURL,
  secret,
  database: new pg.Pool({ connectionString: databaseUrl, max: 4 }),
  telemetry: { enabled: false },
});
if (migrate) {
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
}
const server = http.createServer(toNodeHandler(auth));
server.listen(port, '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
