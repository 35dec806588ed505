// Differences between two masked observations, one line each.

/** A list of `{path, reference, ours}`; empty when both are equal. The order of object keys is free. */
export function differences(reference, ours) {
  const left = new Map(flatten(reference));
  const right = new Map(flatten(ours));
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  const hasMembers = (path) => paths.some((other) => other.startsWith(`${path}.`));
  return (
    paths
      .filter((path) => left.get(path) !== right.get(path))
      // Of an empty object or list beside a filled one, the members tell.
      .filter((path) => !isEmpty(left.get(path) ?? right.get(path)) || !hasMembers(path))
      .map((path) => ({ path, reference: left.get(path) ?? 'absent', ours: right.get(path) ?? 'absent' }))
  );
}

/** The differences of one request as text. */
export function describe(list) {
  return list
    .map(({ path, reference, ours }) => `${path}\n  - reference: ${reference}\n  + ours:      ${ours}`)
    .join('\n');
}

const isEmpty = (shown) => shown === '{}' || shown === '[]';

/** Paths and values of all leaves; an empty object or list is a leaf of its own. */
function flatten(value, path = '') {
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) {
    return [[path, JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([key, item]) => flatten(item, path === '' ? key : `${path}.${key}`));
}
