// The OpenAPI document tells the truth: schemathesis makes requests of it, and every answer has a status, a content type
// and a body that the document names. None is a failure of the server.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, requiredEnvironment } from '../src/environment.mjs';
import { startOurs } from '../src/ours.mjs';
import { runToEnd } from '../src/process.mjs';

const SIGNED_IN = fileURLToPath(new URL('../openapi/signed_in.py', import.meta.url));
const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';

/** As much as is offered without another service; hashes are cheap, for every request has a user of its own. */
const OPTIONS = {
  emailAndPassword: { enabled: true, password: { argon2id: { memoryKiB: 8192, iterations: 1, parallelism: 1 } } },
  user: { changeEmail: { enabled: true }, deleteUser: { enabled: true } },
  rateLimit: { enabled: false },
  plugins: { openAPI: {} },
};

let server;
let directory;
let document;
before(async () => {
  server = await startOurs({ options: OPTIONS, baseURL: 'listening' });
  directory = await mkdtemp(path.join(tmpdir(), 'openapi-'));
  const answer = await fetch(`${server.baseURL}/open-api/generate-schema`);
  document = path.join(directory, 'openapi.json');
  await writeFile(document, await answer.text());
});
after(async () => {
  await server?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Runs schemathesis over the document; throws with its report when a check fails. */
async function explore(additions) {
  const binary = requiredEnvironment('SCHEMATHESIS_BIN');
  const args = ['run', document, '--url', server.baseURL, '--checks', CHECKS, '--phases', 'coverage,fuzzing'];
  const reproducible = ['--max-examples', '50', '--generation-deterministic', '--no-color'];
  const env = cleanEnvironment({ ...additions, HOME: directory, TMPDIR: directory });
  return runToEnd(binary, [...args, ...reproducible], env);
}

test('answers to requests without a session are as described', async (t) => {
  t.diagnostic(requests(await explore({})));
});

test('answers to requests with a session are as described', async (t) => {
  const origin = new URL(server.baseURL).origin;
  const hooks = { SCHEMATHESIS_HOOKS: SIGNED_IN, OPENAPI_API: server.baseURL, OPENAPI_ORIGIN: origin };
  const report = await explore(hooks);
  assert.doesNotMatch(report, /returned only 401/, report);
  t.diagnostic(requests(report));
});

function requests(report) {
  const [, generated] = /(\d+) generated/.exec(report) ?? [];
  assert.ok(Number(generated) > 100, report);
  return `${generated} requests`;
}
