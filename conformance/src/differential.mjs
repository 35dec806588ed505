// Compares two servers over a list of scenarios.

import { differences } from './compare.mjs';
import { play } from './runner.mjs';

/**
 * Plays a scenario on all servers at once. Returns one `{step, lists}` per observation: for each server but
 * the first the differences from it, each with the place `at` by which known-differences.mjs names it.
 */
export async function compareScenario([reference, ...others], scenario, transport) {
  const [left, ...rights] = await Promise.all([
    play(reference, scenario),
    ...others.map((server) => play(server, scenario, transport)),
  ]);
  const lost = left.find(({ observed }) => observed.failure);
  if (lost) throw new Error(`the reference failed at ${lost.step}: ${lost.observed.failure}`);
  return left.map(({ step, observed }, index) => ({
    step,
    lists: rights.map((right) =>
      differences(observed, right[index].observed).map((difference) => ({
        ...difference,
        at: `${scenario.configuration} › ${scenario.name} › ${step}`,
      })),
    ),
  }));
}

/** Starts all servers; when one does not start, the others are stopped again. */
export async function startAll(starts) {
  const started = await Promise.allSettled(starts);
  const failed = started.find(({ status }) => status === 'rejected');
  if (!failed) return started.map(({ value }) => value);
  await Promise.all(started.map(({ value }) => value?.stop()));
  throw failed.reason;
}

/** Splits the differences into those that an entry of known-differences.mjs names, and the rest. */
export class KnownDifferences {
  #entries;
  #seen = new Set();

  constructor(entries) {
    this.#entries = entries;
  }

  /** The differences that nobody has explained. */
  unexplained(list) {
    return list.filter((difference) => {
      const entry = this.#entries.find((entry) => explains(entry, difference));
      if (entry) this.#seen.add(entry.id);
      return !entry;
    });
  }

  /** Entries that explained nothing: they must be removed. */
  stale() {
    return this.#entries.filter(({ id }) => !this.#seen.has(id));
  }
}

/** Whether the entry names this place, this path, and what the server under test shows there. */
const explains = (entry, { at, path, ours }) =>
  matches(entry.at, at) &&
  Object.entries(entry.ours).some(([name, value]) => matches(name, path) && matches(value, ours));

/** `*` in a pattern stands for any text. */
function matches(pattern, text) {
  const expression = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${expression.join('.*')}$`, 's').test(text);
}
