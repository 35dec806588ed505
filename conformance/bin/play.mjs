// Prints what the reference, or ours, answers to the scenarios whose name contains a text:
// node bin/play.mjs reference|ours TEXT

import { groups } from '../scenarios/index.mjs';
import { startOurs } from '../src/ours.mjs';
import { startReference } from '../src/reference.mjs';
import { play } from '../src/runner.mjs';

const [, , which, text = ''] = process.argv;
const start = { reference: startReference, ours: startOurs }[which];
if (!start) {
  console.error('usage: node bin/play.mjs reference|ours [part of a scenario name]');
  process.exit(2);
}
for (const { name, settings, scenarios } of groups) {
  const wanted = scenarios.filter((scenario) => scenario.name.includes(text));
  if (wanted.length === 0) continue;
  const server = await start(settings);
  try {
    for (const scenario of wanted) {
      console.log(`\n== ${name} › ${scenario.name}`);
      for (const { step, observed } of await play(server, scenario))
        console.log(`${step}\n${JSON.stringify(observed, null, 1)}`);
    }
  } finally {
    await server.stop();
  }
}
