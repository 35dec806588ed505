// The same requests to the real better-auth server and to the server under test: every answer and every
// row must be equal, but for what known-differences.mjs explains.

import { mkdir, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import knownDifferences from '../known-differences.mjs';
import { groups, scenarios } from '../scenarios/index.mjs';
import { describe } from '../src/compare.mjs';
import { compareScenario, KnownDifferences } from '../src/differential.mjs';
import { startOurs } from '../src/ours.mjs';
import { startReference } from '../src/reference.mjs';
import { countRequests } from '../src/runner.mjs';

const LOGS = new URL('../logs/', import.meta.url);
const known = new KnownDifferences(knownDifferences);
let unexplained = 0;
let complete = true;

for (const { name, settings, scenarios: list } of groups) {
  test(`configuration: ${name}`, async (t) => {
    const servers = await startBoth(settings);
    const before = unexplained;
    try {
      for (const scenario of list) {
        await t.test(scenario.name, (t) => compareInSubtests(t, servers, scenario));
      }
    } finally {
      if (unexplained > before) await keepLogs(name, servers);
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
}

test('every known difference still occurs', () => {
  const stale = complete ? known.stale() : [];
  if (stale.length > 0) {
    throw new Error(`remove from known-differences.mjs: ${stale.map(({ id }) => id).join(', ')}`);
  }
});

after(() => {
  const requests = `${countRequests(scenarios)} requests in ${scenarios.length} scenarios`;
  console.log(`${requests}: ${unexplained} unexplained differences, ${knownDifferences.length} known ones`);
});

async function startBoth(settings) {
  const started = await Promise.allSettled([startReference(settings), startOurs(settings)]);
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) {
    complete = false;
    await Promise.all(started.filter(({ value }) => value).map(({ value }) => value.stop()));
    throw failed.reason;
  }
  return started.map(({ value }) => value);
}

async function compareInSubtests(t, [reference, ours], scenario) {
  for (const { step, list } of await compareScenario(reference, ours, scenario)) {
    await t.test(step, () => {
      const differences = known.unexplained(list);
      unexplained += differences.length;
      if (differences.length > 0)
        throw new Error(`differs from better-auth\n${describe(differences)}\nat: ${differences[0].at}`);
    });
  }
}

async function keepLogs(configuration, servers) {
  await mkdir(LOGS, { recursive: true });
  for (const server of servers) {
    const file = new URL(`${configuration.replaceAll(/[^a-z]+/gi, '-')}-${server.name}.log`, LOGS);
    await writeFile(file, server.output());
  }
}
