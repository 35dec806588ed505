// Plays a scenario against one server and returns what it showed, masked.

import { CookieJar, signCookie } from './cookies.mjs';
import { send } from './http.mjs';
import { Mask } from './mask.mjs';
import { SECRET } from './settings.mjs';

/** The name of the observation of all rows that ends every scenario. */
export const FINAL_ROWS = 'rows left in the database';

/** Whether a step is a request (and not SQL or a look at the rows). */
export const isRequest = (step) => step.method !== undefined;

/** The number of requests in a list of scenarios. */
export const countRequests = (scenarios) => scenarios.flatMap(({ steps }) => steps).filter(isRequest).length;

/**
 * Runs the scenario on empty tables. Returns a list of `{step, observed}`: one per request and per look
 * at the rows, in order, the last one named FINAL_ROWS; `{failure}` is what a step without an answer showed. `transport` replaces the HTTP client in tests.
 */
export async function play(server, scenario, transport = send) {
  await server.database.truncate();
  const run = new Run(server, scenario, transport);
  const observations = [];
  for (const [index, step] of scenario.steps.entries()) {
    const observed = await run.step(step).catch((error) => ({ failure: error.code ?? error.message }));
    if (observed !== undefined) observations.push({ step: `${index + 1}. ${step.name}`, observed });
  }
  observations.push({ step: FINAL_ROWS, observed: await run.rows() });
  return observations;
}

class Run {
  #server;
  #transport;
  #mask;
  #jars = new Map();

  constructor(server, scenario, transport) {
    this.#server = server;
    this.#transport = transport;
    this.#mask = new Mask(SECRET, new Set(JSON.stringify(scenario).match(/[A-Za-z0-9]{32}/g)));
  }

  async step(step) {
    if (step.sql) {
      await this.#server.database.query(this.#fill(step.sql));
      return undefined;
    }
    if (step.rows) return this.rows();
    return this.#request(step);
  }

  async rows() {
    return this.#mask.rows(await this.#server.database.rows());
  }

  async #request(step) {
    const base = new URL(this.#server.baseURL);
    const mount = step.outsideMount ? '' : base.pathname;
    const response = await this.#transport(this.#server.port, {
      method: step.method,
      path: this.#fill(mount + step.path),
      headers: this.#headers(step, base),
      body: step.body === undefined ? undefined : this.#fill(step.body),
      chunked: step.chunked,
    });
    if (step.jar) this.#jar(step.jar).store(response.headers);
    return this.#mask.response(response);
  }

  /** The step's own headers replace the defaults of the same name; null removes one. */
  #headers(step, base) {
    const jarHeader = step.jar ? this.#jar(step.jar).header() : undefined;
    const defaults = [
      ['Host', base.host],
      ...(jarHeader
        ? [
            ['Cookie', jarHeader],
            ['Origin', base.origin],
          ]
        : []),
      ...(step.contentType ? [['Content-Type', step.contentType]] : []),
    ];
    const own = step.headers ?? [];
    const replaced = new Set(own.map(([name]) => name.toLowerCase()));
    return [
      ...defaults.filter(([name]) => !replaced.has(name.toLowerCase())),
      ...own.filter(([, value]) => value !== null),
    ].map(([name, value]) => [name, this.#fill(value)]);
  }

  #jar(name) {
    if (!this.#jars.has(name)) this.#jars.set(name, new CookieJar());
    return this.#jars.get(name);
  }

  /** Fills in `{{jar.token}}`, `{{jar.cookie}}` (raw session cookie) and `{{sign text}}`. */
  #fill(text) {
    if (typeof text !== 'string') return text;
    return text.replace(/\{\{([^}]+)\}\}/g, (_, expression) => {
      const [, signed] = /^sign (.*)$/s.exec(expression) ?? [];
      if (signed !== undefined) return signCookie(this.#lookUp(signed) ?? signed, SECRET);
      const value = this.#lookUp(expression);
      if (value === undefined) throw new Error(`nothing is known as {{${expression}}}`);
      return value;
    });
  }

  #lookUp(expression) {
    const [name, property] = expression.split('.');
    if (this.#jars.has(name) && property === 'token') return this.#jar(name).token();
    if (this.#jars.has(name) && property === 'cookie') return this.#jar(name).raw('session_token');
    return undefined;
  }
}
