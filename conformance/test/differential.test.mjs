// The same requests to the real better-auth server and to the server under test: every answer and every
// row must be equal, but for what known-differences.mjs explains. A second better-auth server, the twin, shows
// that what differs by nature is masked: it must not differ at all.

import { mkdir, writeFile } from 'node:fs/promises';
import { after, describe as group, test } from 'node:test';
import knownDifferences from '../known-differences.mjs';
import { groups, scenarios } from '../scenarios/index.mjs';
import { describe } from '../src/compare.mjs';
import { compareScenario, KnownDifferences, startAll } from '../src/differential.mjs';
import { startOurs } from '../src/ours.mjs';
import { startReference } from '../src/reference.mjs';
import { countRequests } from '../src/runner.mjs';

const LOGS = new URL('../logs/', import.meta.url);
/** How many configurations are compared at a time: each has servers and databases of its own. */
const CONCURRENCY = 3;
const known = new KnownDifferences(knownDifferences);
let unexplained = 0;
let complete = true;

group('configurations', { concurrency: CONCURRENCY }, () => {
  for (const { name, settings, scenarios: list } of groups) {
    test(`configuration: ${name}`, async (t) => {
      const servers = await start(settings);
      let lost = 0;
      try {
        for (const scenario of list) {
          await t.test(scenario.name, async (t) => {
            lost += await compareInSubtests(t, servers, scenario);
          });
        }
      } finally {
        if (lost > 0) await keepLogs(name, servers);
        await Promise.all(servers.map((server) => server.stop()));
      }
    });
  }
});

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

/** better-auth, its twin, and the server under test. */
function start(settings) {
  return startAll([startReference(settings), startReference(settings), startOurs(settings)]).catch((error) => {
    complete = false;
    throw error;
  });
}

/** Reports each observation as a test of its own; returns how many differences nobody has explained. */
async function compareInSubtests(t, servers, scenario) {
  let lost = 0;
  for (const { step, lists } of await compareScenario(servers, scenario)) {
    const [ofTwin, ofOurs] = lists;
    const differences = known.unexplained(ofOurs);
    lost += differences.length;
    await t.test(step, () => {
      if (ofTwin.length > 0) throw new Error(`better-auth differs from itself\n${describe(ofTwin)}`);
      if (differences.length > 0)
        throw new Error(`differs from better-auth\n${describe(differences)}\nat: ${differences[0].at}`);
    });
  }
  unexplained += lost;
  return lost;
}

async function keepLogs(configuration, servers) {
  await mkdir(LOGS, { recursive: true });
  for (const server of servers) {
    const file = new URL(`${configuration.replaceAll(/[^a-z]+/gi, '-')}-${server.name}.log`, LOGS);
    await writeFile(file, server.output());
  }
}
