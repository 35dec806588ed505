// What better-auth offers, out of its own type declarations and code as they are installed: options, endpoints, plugins.

import { readdir, readFile } from 'node:fs/promises';

const MODULES = new URL('../node_modules/', import.meta.url);
const OPTIONS = '@better-auth/core/dist/types/init-options.d.mts';
const ROUTES = 'better-auth/dist/api/routes/';
const PLUGINS = 'better-auth/dist/plugins/';

/** What every table can be given. */
const TABLE = ['modelName', 'fields', 'additionalFields'];
/** Types that another declaration holds, by the option that is of them. */
const TYPES = { rateLimit: 'BetterAuthRateLimitOptions', advanced: 'BetterAuthAdvancedOptions' };
/** Folders of `plugins/` that are no plugins of a server. */
const NO_PLUGINS = new Set(['access', 'additional-fields', 'test-utils']);

const read = (file) => readFile(new URL(file, MODULES), 'utf8');

/** Every option of `betterAuth`, as a path: `session.cookieCache.maxAge`. */
export async function coreOptions() {
  const source = await read(OPTIONS);
  const own = properties(declaration(source, 'BetterAuthOptions'));
  const others = Object.entries(TYPES).flatMap(([option, type]) =>
    properties(declaration(source, type)).map((name) => `${option}.${name}`),
  );
  const rateLimit = ['window', 'max', 'modelName', 'fields'].map((name) => `rateLimit.${name}`);
  const tables = ['user', 'session', 'account', 'verification'].flatMap((table) =>
    TABLE.map((name) => `${table}.${name}`),
  );
  return [...own.filter((name) => !(name in TYPES)), ...others, ...rateLimit, ...tables];
}

const isServerCode = (file) => file.endsWith('.mjs') && file !== 'client.mjs';

/** Every option of the plugin jwt. */
export async function jwtOptions() {
  return properties(declaration(await read(`${PLUGINS}jwt/types.d.mts`), 'JwtOptions'));
}

/** Every path of an endpoint of the core, with its method. */
export async function coreEndpoints() {
  const files = (await readdir(new URL(ROUTES, MODULES))).filter((file) => file.endsWith('.mjs'));
  const sources = await Promise.all(files.map((file) => read(ROUTES + file)));
  return sources.flatMap((source) => [...source.matchAll(/createAuthEndpoint\("(\/[^"]*)"/g)].map(([, path]) => path));
}

/** The id of every plugin. */
export async function pluginIds() {
  const folders = (await readdir(new URL(PLUGINS, MODULES), { withFileTypes: true })).filter((it) => it.isDirectory());
  const ids = folders.filter(({ name }) => !NO_PLUGINS.has(name)).map(async ({ name }) => {
    const files = (await readdir(new URL(`${PLUGINS}${name}/`, MODULES))).filter(isServerCode);
    const sources = await Promise.all(files.map((file) => read(`${PLUGINS}${name}/${file}`)));
    const found = sources.flatMap((source) => [...source.matchAll(/\bid: "([a-zA-Z-]+)",\s*version: PACKAGE_VERSION/g)].map(([, id]) => id));
    if (found.length === 0) throw new Error(`plugin ${name}: no id found`);
    return found;
  });
  return [...new Set((await Promise.all(ids)).flat())];
}

/** The lines of the type or interface `name`, without comments. */
function declaration(source, name) {
  const lines = source.replaceAll(/\/\*[^]*?\*\//g, '').split('\n');
  const start = lines.findIndex((line) => new RegExp(`^export (?:type|interface) ${name}\\b`).test(line));
  const end = lines.findIndex((line, index) => index > start && line.startsWith('}'));
  if (start < 0 || end < 0) throw new Error(`better-auth declares no ${name}`);
  return lines.slice(start + 1, end);
}

/**
 * The paths of the properties in these lines, by their indentation; of an object its members, of a function or a choice
 * of types the property itself.
 */
function properties(lines) {
  const found = [];
  const parents = [];
  /** Parentheses that are open, and where what is being skipped began. */
  let open = 0;
  let skipsBelow = Infinity;
  for (const line of lines) {
    const indentation = line.search(/\S/);
    const isSkipped = indentation < 0 || open > 0 || indentation > skipsBelow;
    const [, name, type] = (!isSkipped && /^\s*(\w+)\??: (.*)$/.exec(line)) || [];
    const opensObject = name && /^(?:\{|\(BetterAuthDBOptions<.*& \{)$/.test(type);
    if (!opensObject && (name || open > 0)) open += balance(line);
    if (!name) continue;
    while (parents.length > 0 && parents.at(-1).indentation >= indentation) parents.pop();
    const path = [...parents.map(({ name }) => name), name].join('.');
    found.push(path);
    if (opensObject) parents.push({ indentation, name });
    skipsBelow = opensObject ? Infinity : indentation;
  }
  // An object with members is told by them.
  return found.filter((path) => !found.some((other) => other.startsWith(`${path}.`)));
}

const balance = (line) => [...line].reduce((sum, it) => sum + (it === '(') - (it === ')'), 0);

/** The names in the first column of the tables of a page; one without a dot belongs beside the one before it. */
export function documented(markdown) {
  const names = new Set();
  for (const [, cell] of markdown.matchAll(/^\| ([^|]*) \|/gm)) {
    let parent = '';
    for (const [, text] of cell.matchAll(/`([^`]+)`/g)) {
      const name = text.replace(/^(?:GET|POST) /, '');
      names.add(name);
      if (parent) names.add(`${parent}.${name}`);
      if (name.includes('.') && !name.includes('/')) parent = name.slice(0, name.lastIndexOf('.'));
    }
  }
  return names;
}

/** Whether the page names the option, or everything below one of its parents: `databaseHooks.*`. */
export function isDocumented(names, option) {
  const parts = option.split('.');
  return names.has(option) || parts.some((_, index) => names.has(`${parts.slice(0, index + 1).join('.')}.*`));
}
