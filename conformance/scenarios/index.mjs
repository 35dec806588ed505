// All scenarios, in the order in which they run.

import { readdir } from 'node:fs/promises';
import configurations from './configurations.mjs';

const NOT_SCENARIOS = new Set(['index.mjs', 'configurations.mjs']);

const directory = new URL('./', import.meta.url);
const files = (await readdir(directory)).filter((file) => !NOT_SCENARIOS.has(file)).sort();
const modules = await Promise.all(files.map((file) => import(new URL(file, directory))));

/** A list of `{file, name, configuration, steps}`. */
export const scenarios = modules.flatMap((module, index) =>
  module.default.map((scenario) => ({ file: files[index], ...scenario })),
);

/** Configurations of which clients cannot tell: they run the scenarios of another one. */
const AS_ANOTHER = {
  'sessions in memory': 'default',
  'secondary storage': 'default',
  'secondary storage and database': 'default',
  'secondary storage and record': 'default',
  'secondary storage, with mails': 'mail',
  'secondary storage and database, with mails': 'mail',
};
/** Without those that change tables: what a table does not hold cannot be changed there. */
const WITHOUT_SQL = new Set(Object.keys(AS_ANOTHER).filter((name) => name.startsWith('secondary storage')));
const hasSql = ({ steps }) => /"sql":|\{\{sql /.test(JSON.stringify(steps));

/** A list of `{name, settings, scenarios}`: what runs under each configuration. */
export const groups = Object.entries(configurations).map(([name, settings]) => ({
  name,
  settings,
  scenarios: scenarios.filter(
    (scenario) =>
      scenario.configuration === (AS_ANOTHER[name] ?? name) && !(WITHOUT_SQL.has(name) && hasSql(scenario)),
  ),
}));

for (const { name, configuration } of scenarios) {
  if (!(configuration in configurations)) throw new Error(`scenario ${name}: no configuration ${configuration}`);
}
