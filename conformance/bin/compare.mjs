// Prints where two servers differ in the scenarios whose file, configuration or name contains a text; with
// `reference`, two of better-auth's: node bin/compare.mjs reference|ours [TEXT]

import knownDifferences from '../known-differences.mjs';
import { groups } from '../scenarios/index.mjs';
import { describe } from '../src/compare.mjs';
import { compareScenario, KnownDifferences, startAll } from '../src/differential.mjs';
import { startOurs } from '../src/ours.mjs';
import { startReference } from '../src/reference.mjs';
import { countRequests } from '../src/runner.mjs';

const [, , which, text = ''] = process.argv;
const startOther = { reference: startReference, ours: startOurs }[which];
if (!startOther) {
  console.error('usage: node bin/compare.mjs reference|ours [part of a file, configuration or scenario name]');
  process.exit(2);
}
const known = new KnownDifferences(which === 'ours' ? knownDifferences : []);
let unexplained = 0;
let requests = 0;
for (const { name, settings, scenarios } of groups) {
  const wanted = scenarios.filter((scenario) => `${scenario.file} › ${name} › ${scenario.name}`.includes(text));
  if (wanted.length === 0) continue;
  const begin = Date.now();
  const servers = await startAll([startReference(settings), startOther(settings)]).catch((error) => {
    console.log(`${name}: ${error.message.slice(0, 600)}`);
    unexplained += 1;
  });
  if (!servers) continue;
  try {
    for (const scenario of wanted) await compare(servers, scenario);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  requests += countRequests(wanted);
  console.error(`${name}: ${countRequests(wanted)} requests, ${Date.now() - begin} ms`);
}
console.log(`${requests} requests, ${unexplained} unexplained differences`);
process.exitCode = unexplained > 0 ? 1 : 0;

async function compare(servers, scenario) {
  for (const { lists } of await compareScenario(servers, scenario)) {
    const differences = known.unexplained(lists[0]);
    unexplained += differences.length;
    if (differences.length > 0) console.log(`\n${scenario.file} › ${differences[0].at}\n${describe(differences)}`);
  }
}
