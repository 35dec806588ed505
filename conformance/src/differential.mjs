// Compares two servers over a list of scenarios.

import { differences } from './compare.mjs';
import { play } from './runner.mjs';

/**
 * Plays a scenario on both servers at once. Returns one `{step, list}` per observation, `list` being the
 * differences, each with the place `at` by which known-differences.mjs names it.
 */
export async function compareScenario(reference, ours, scenario, transport) {
  const [left, right] = await Promise.all([play(reference, scenario), play(ours, scenario, transport)]);
  const lost = left.find(({ observed }) => observed.failure);
  if (lost) throw new Error(`the reference failed at ${lost.step}: ${lost.observed.failure}`);
  return left.map(({ step, observed }, index) => ({
    step,
    list: differences(observed, right[index].observed).map((difference) => ({
      ...difference,
      at: `${scenario.configuration} › ${scenario.name} › ${step}`,
    })),
  }));
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
