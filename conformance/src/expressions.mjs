// `{{…}}` in the texts of a scenario: what is known only while it runs.

import { signCookie } from './cookies.mjs';
import { signJwt } from './jwt.mjs';
import { linkOf, tokenOf } from './mail.mjs';
import { readCopy, writeCopy } from './session-copy.mjs';

/** The expressions of one run of a scenario. */
export class Expressions {
  #server;
  #jars;
  #secret;

  /** `jars` is a map of the cookie jars by name. */
  constructor(server, jars, secret) {
    this.#server = server;
    this.#jars = jars;
    this.#secret = secret;
  }

  /** The text with every expression filled in; what is no text comes back as it is. */
  async fill(text, { tokens = {}, copies = {} } = {}) {
    if (typeof text !== 'string' || !text.includes('{{')) return text;
    const parts = text.split(/\{\{([^}]+)\}\}/);
    for (let index = 1; index < parts.length; index += 2) {
      // In a JSON body the quotes of an expression are escaped like all others.
      parts[index] = await this.#value(parts[index].replaceAll('\\"', '"'), tokens, copies);
    }
    return parts.join('');
  }

  async #value(expression, tokens, copies) {
    const [, word, rest] = /^(sign|sql|link|mailed|forged|copy|unpadded) (.*)$/s.exec(expression) ?? [];
    switch (word) {
      case 'sign':
        return signCookie(this.#ofJar(rest) ?? rest, this.#secret);
      case 'sql':
        return this.#column(rest);
      case 'link':
        return this.#link(rest).slice(this.#server.baseURL.length);
      case 'mailed':
        return tokenOf(this.#link(rest));
      case 'forged':
        return this.#forged(tokens[rest]);
      case 'unpadded':
        return this.#ofJar(`${rest}.signed`).split('.')[1].replace(/=+$/, '');
      case 'copy':
        return this.#copy(copies[rest]);
      default:
        return this.#ofJar(expression) ?? unknown(expression);
    }
  }

  #ofJar(expression) {
    const [name, property] = expression.split('.');
    const jar = this.#jars.get(name);
    if (property === 'token') return jar?.token();
    if (property === 'cookie') return jar?.raw('session_token');
    if (property === 'signed') return jar && decodeURIComponent(jar.raw('session_token'));
    if (property === 'state') return jar && decodeURIComponent(jar.raw('.state')).split('.')[0];
    if (property === 'copy') return jar?.whole('session_data');
    return undefined;
  }

  async #column(sql) {
    const [row] = await this.#server.database.query(sql);
    return row ? String(Object.values(row)[0]) : unknown(sql);
  }

  /** The link in the latest mail to the address. */
  #link(address) {
    const mail = this.#server.relay.mails().findLast(({ to }) => to === address);
    return (mail && linkOf(mail, this.#server.baseURL)) ?? unknown(`a link mailed to ${address}`);
  }

  /** A JWT as the step describes it: `{claims, header?, secret?}`; times are distances from now, in seconds. */
  async #forged({ claims, header, secret = this.#secret }) {
    const filled = {};
    for (const [name, value] of Object.entries(claims)) {
      const isTime = ['iat', 'exp', 'nbf'].includes(name) && typeof value === 'number';
      filled[name] = isTime ? Math.floor(Date.now() / 1000) + value : await this.fill(value);
    }
    return signJwt(filled, secret, header);
  }

  /**
   * The jar's copy of the session, changed and sealed again: `set` replaces members by their path, `undefined` removes one;
   * `expires` is the end of the copy in seconds from now.
   */
  #copy({ of, set = {}, expires, secret = this.#secret, strategy }) {
    const copy = readCopy(this.#jars.get(of)?.whole('session_data') ?? '', this.#secret);
    if (!copy) return unknown(`a copy of the session of ${of}`);
    const form = strategy ?? copy.strategy;
    for (const [place, value] of Object.entries(set)) replaceAt(copy.content, place.split('.'), value);
    const end = Math.floor(Date.now() / 1000) + (expires ?? 300);
    const { exp, expiresAt, iat, jti, ...content } = copy.content;
    const time = form === 'compact' ? { expiresAt: end * 1000 } : { iat: end - 300, exp: end };
    return writeCopy(form, { ...content, ...(expires === null ? {} : time) }, secret);
  }
}

function replaceAt(value, [name, ...rest], replacement) {
  if (rest.length > 0) return replaceAt(value[name], rest, replacement);
  if (replacement === undefined) delete value[name];
  else value[name] = replacement;
  return undefined;
}

function unknown(expression) {
  throw new Error(`nothing is known as {{${expression}}}`);
}
