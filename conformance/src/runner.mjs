// Plays a scenario against one server and returns what it showed, masked.

import { CookieJar } from './cookies.mjs';
import { Expressions } from './expressions.mjs';
import { send } from './http.mjs';
import { Mask } from './mask.mjs';
import { SECRET } from './settings.mjs';

/** The name of the observation of all rows that ends every scenario. */
export const FINAL_ROWS = 'rows left in the database';
/** The name of the observation, before it, of the mails at which no step has looked. */
export const FINAL_MAILS = 'mails not looked at';

/** Whether a step is a request (and not SQL or a look at rows or mails). */
export const isRequest = (step) => step.method !== undefined;

/** The number of requests in a list of scenarios. */
export const countRequests = (scenarios) => scenarios.flatMap(({ steps }) => steps).filter(isRequest).length;

/**
 * Runs the scenario on empty tables. Returns a list of `{step, observed}`: one per request and per look,
 * in order, the last ones named FINAL_MAILS and FINAL_ROWS; `{failure}` is what a step without an answer
 * showed. `transport` replaces the HTTP client in tests.
 */
export async function play(server, scenario, transport = send) {
  await server.database.truncate();
  server.relay.clear();
  const run = new Run(server, scenario, transport);
  const observations = [];
  for (const [index, step] of scenario.steps.entries()) {
    const observed = await run.step(step).catch((error) => ({ failure: error.code ?? error.message }));
    if (observed !== undefined) observations.push({ step: `${index + 1}. ${step.name}`, observed });
  }
  observations.push({ step: FINAL_MAILS, observed: await run.mails() });
  observations.push({ step: FINAL_ROWS, observed: await run.rows() });
  return observations;
}

class Run {
  #server;
  #transport;
  #mask;
  #jars = new Map();
  #expressions;
  #mailsSeen = 0;

  constructor(server, scenario, transport) {
    this.#expressions = new Expressions(server, this.#jars, SECRET);
    this.#server = server;
    this.#transport = transport;
    this.#mask = new Mask(SECRET, new Set(JSON.stringify(scenario).match(/[A-Za-z0-9]{32}/g)));
  }

  async step(step) {
    if (step.sql) {
      await this.#server.database.query(await this.#fill(step, step.sql));
      await this.#server.heard();
      return undefined;
    }
    if (step.rows) return this.rows();
    if (step.mails) return this.mails();
    return this.#request(step);
  }

  async rows() {
    return this.#mask.rows(await this.#server.database.rows());
  }

  /** What was mailed since the last look. */
  async mails() {
    const all = this.#server.relay.mails();
    const list = all.slice(this.#mailsSeen);
    this.#mailsSeen = all.length;
    return this.#mask.mails(list, this.#server.baseURL);
  }

  async #request(step) {
    const base = new URL(this.#server.baseURL);
    const mount = step.outsideMount ? '' : base.pathname;
    const response = await this.#transport(this.#server.port, {
      method: step.method,
      path: await this.#fill(step, mount + step.path),
      headers: await this.#headers(step, base),
      body: step.body === undefined ? undefined : await this.#fill(step, step.body),
      chunked: step.chunked,
    });
    if (step.jar) this.#jar(step.jar).store(response.headers);
    // Mails of one request are there before the next one, so that their order is that of the requests.
    await this.#server.mailed();
    this.#mask.keys = await this.#server.database.publicKeys();
    return this.#mask.response(response);
  }

  /** The step's own headers replace the defaults of the same name; null removes one. */
  async #headers(step, base) {
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
    const list = [
      ...defaults.filter(([name]) => !replaced.has(name.toLowerCase())),
      ...own.filter(([, value]) => value !== null),
    ];
    return Promise.all(list.map(async ([name, value]) => [name, await this.#fill(step, value)]));
  }

  #jar(name) {
    if (!this.#jars.has(name)) this.#jars.set(name, new CookieJar());
    return this.#jars.get(name);
  }

  #fill(step, text) {
    return this.#expressions.fill(text, step);
  }
}
