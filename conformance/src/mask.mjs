// Replaces what differs between two runs by its kind, so that the rest can be compared exactly.
//
// A volatile value becomes `<kind#n>`: n counts the distinct values of a scenario in the order in which
// they appear. "The same id twice" therefore still reads as the same id twice, and an id in place of a
// token shows. Dates become their distance from the time of the request. What does not have the exact
// form of its kind is not masked, and shows as a difference.

import { parseSetCookie, signCookie } from './cookies.mjs';
import { readJwt } from './jwt.mjs';
import { linkOf } from './mail.mjs';
import { readCopy } from './session-copy.mjs';

/** Row ids, tokens, states and nonces of better-auth. Those that delete an account stand behind a hyphen. */
const RANDOM_ID = /(?<=delete-account-)[a-z0-9]{32}|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])/g;
/** The state and the nonce of a sign-in elsewhere, where they stand: they may also hold `-` and `_`. */
const STATE = /(?<=[?&](?:state|nonce)=|auth-state:|^)[\w-]{32}(?=&|$)/g;
/** Tokens that reset a password, where they stand: in a link, a Location, an identifier. */
const RESET_TOKEN = /(?<=reset-password[:/]|[?&]token=)[A-Za-z0-9]{24}(?![A-Za-z0-9])/g;
/** What is encrypted: a nonce, the text and its tag, in hexadecimal. Only its length can be compared. */
const ENCRYPTED = /(?<![0-9a-f])(?:[0-9a-f]{2}){40,}(?![0-9a-f])/g;
/** Secrets of PKCE, a verifier and the challenge made of it. */
const CODE_VERIFIER = /(?<![\w-])[\w-]{128}(?![\w-])/g;
const CODE_CHALLENGE = /(?<=code_challenge=)[\w-]{43}(?![\w-])/g;
/** JSON Web Tokens. */
const JWT = /(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g;
/** Claims of a JWT that are times in seconds, and members of a copy of the session that are times in milliseconds. */
const SECONDS = new Set(['iat', 'exp', 'nbf']);
const COPY_TIMES = new Set(['updatedAt', 'expiresAt']);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Names of cookies that hold a copy of the session or of an account, perhaps in pieces. */
const COPY = /^(.*(?:session|account)_data)(?:\.(\d+))?$/;
/** What a JSON Web Key is made of, but for the exponent that all RSA keys share. */
const KEY_MEMBERS = new Set(['x', 'y', 'n', 'd', 'p', 'q', 'dp', 'dq', 'qi']);
/** Columns that hold one, perhaps renamed. */
const KEYS = new Set(['publicKey', 'public_key', 'privateKey']);
/** A private key as the plugin jwt stores it: a JSON text of what is encrypted. */
const SEALED_KEY = /^"(?:[0-9a-f]{2}){40,}"$/;
/** A date in JSON: UTC with exactly three fractional digits, since the client misreads any other number. */
const JSON_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** A timestamp of the database in microseconds, whose last three digits JavaScript leaves at zero. */
const ROW_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(\d{3})Z$/;
/** An identifier of a verification that is hashed. */
const HASH = /^[\w-]{43}$/;
/** The column of times of the table of rate limits, perhaps renamed, and a time as it holds it. */
const LAST_REQUEST = new Set(['lastRequest', 'last_request']);
const MILLISECONDS = /^\d{13}$/;
/** The two schemes of password hashes: better-auth's scrypt, and argon2id in PHC format. */
const PASSWORD_HASH =
  /^([0-9a-f]{32}:[0-9a-f]{128}|\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)$/;
/**
 * Dates are compared to this precision, in seconds: more than a slow request, less than any age in a scenario. A while
 * passes until they are seen, so that those halfway between two multiples must not be rounded down.
 */
const DATE_PRECISION = 120;
const DATE_DELAY = 30;
/** Dates farther away than this, in seconds, are those that a scenario wrote: they are compared exactly. */
const FARTHEST_DATE = 60 * 86_400;

/** The masks of one server in one scenario. */
export class Mask {
  #secret;
  #constants;
  #labels = new Map();
  #counts = new Map();
  /** The public keys by which tokens are verified: `{id, alg, publicKey}`. */
  keys = [];

  /** `constants` holds texts of 32 characters that the scenario itself sends: they stay visible. */
  constructor(secret, constants = new Set()) {
    this.#secret = secret;
    this.#constants = constants;
  }

  /** A response as it is compared: status, headers that matter, cookies, body. */
  response({ status, reason, headers, body }) {
    const masked = { status: `${status} ${reason}`, headers: {}, cookies: [] };
    for (const [name, value] of headers) {
      if (TRANSPORT_HEADERS.has(name)) continue;
      if (name === 'set-cookie') masked.cookies.push(value);
      else if (name === 'set-auth-token') masked.headers[name] = this.#signed(value, encodeURIComponent(value));
      else if (name === 'x-retry-after') masked.headers[name] = waitingTime(value);
      else masked.headers[name] = this.text(value);
    }
    masked.cookies = this.#cookies(masked.cookies);
    masked.body = this.#body(body, masked.headers['content-type'] ?? '');
    return masked;
  }

  /**
   * The rows of all tables. Rows made in the same millisecond have no order of their own, so they come
   * in the order in which the answers named their tokens and ids.
   */
  rows(tables) {
    const sorted = Object.fromEntries(Object.entries(tables).map(([name, list]) => [name, this.#sorted(list)]));
    return this.#values(sorted, (value, key) => {
      if (key === 'password') return PASSWORD_HASH.test(value) ? this.#label('password hash', value) : value;
      if (key === 'value' && value.startsWith('{"')) return this.#json(value);
      if (KEYS.has(key)) return this.#key(value);
      if (key === 'identifier' && HASH.test(value)) return this.#label('hash', value);
      if (LAST_REQUEST.has(key) && MILLISECONDS.test(value)) {
        return this.#date(new Date(Number(value)).toISOString(), 'milliseconds');
      }
      const date = ROW_DATE.exec(value);
      if (date) return this.#date(value, date[1] === '000' ? 'date' : 'date in microseconds');
      return this.text(value);
    });
  }

  /** Set-Cookie lines; the first piece of a copy of the session shows what all of them hold. */
  #cookies(lines) {
    const cookies = lines.map((line) => ({ ...parseSetCookie(line), copy: COPY.exec(parseSetCookie(line).name) }));
    const whole = (name) => cookies.filter(({ copy, value }) => value && copy?.[2] && copy[1] === name).map(({ value }) => value);
    return cookies.map(({ name, value, attributes, copy }) => {
      const [, first, piece] = copy ?? [];
      const shown = !copy || !value
        ? this.#signed(decodeSafely(value), value)
        : piece > 0
          ? `<${value.length} characters more>`
          : (this.#copy(piece ? whole(first).join('') : value) ?? value);
      return [`${name}=${shown}`, ...attributes].join('; ');
    });
  }

  /** A value that may be signed, decoded and as it was; if it is, it shows that its signature holds. */
  #signed(decoded, raw) {
    const dot = decoded.lastIndexOf('.');
    const signed = decoded.slice(0, Math.max(dot, 0));
    const holds = dot > 0 && signCookie(signed, this.#secret) === raw;
    return holds ? `<${this.text(signed)} signed>` : this.text(raw);
  }

  /** A copy of the session; undefined for one that does not hold. */
  #copy(value) {
    const { strategy, content } = readCopy(value, this.#secret) ?? this.#signedCopy(value) ?? {};
    return content && `<${strategy} of ${this.#claims(content)}>`;
  }

  /** A copy that a key of the plugin jwt has signed. */
  #signedCopy(value) {
    const { header, claims, holds } = readJwt(value, this.#secret, this.keys) ?? {};
    return holds ? { strategy: `jwt ${this.text(JSON.stringify(header))}`, content: claims } : undefined;
  }

  /** A JSON Web Key as it is stored, without what it is made of. */
  #key(value) {
    if (SEALED_KEY.test(value)) return '<sealed key>';
    return value.startsWith('{') ? this.#values(JSON.parse(value), keyMember) : value;
  }

  /** Mails by recipient: to whom, and the link. Their wording is each server's own. */
  mails(list, baseURL) {
    const shown = list.map((mail) => ({ to: mail.to, link: this.text(linkOf(mail, baseURL) ?? 'none') }));
    const key = ({ to, link }) => `${to} ${link}`;
    return shown.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** A text with its random parts masked. */
  text(value) {
    return value
      .replace(JWT, (token) => this.#jwt(token))
      .replace(ENCRYPTED, (text) => `<encrypted, ${text.length} characters>`)
      .replace(CODE_VERIFIER, (verifier) => this.#label('code verifier', verifier))
      .replace(CODE_CHALLENGE, (challenge) => this.#label('code challenge', challenge))
      .replace(RESET_TOKEN, (token) => this.#label('reset token', token))
      .replace(STATE, (state) => (this.#constants.has(state) ? state : this.#label('id', state)))
      .replace(RANDOM_ID, (id) => (this.#constants.has(id) ? id : this.#label('id', id)));
  }

  #jwt(token) {
    const { header, claims, holds } = readJwt(token, this.#secret, this.keys) ?? {};
    if (!claims) return token;
    return `<JWT ${this.text(JSON.stringify(header))} ${this.#claims(claims)}${holds ? ', signed' : ''}>`;
  }

  /** What a token or a copy of the session says, with its times as distances; the order of its members is free. */
  #claims(claims) {
    const masked = JSON.stringify(claims, (name, value) => {
      if (SECONDS.has(name) && typeof value === 'number') return this.#time(value * 1000);
      if (COPY_TIMES.has(name) && typeof value === 'number') return this.#time(value);
      if (name === 'jti' && UUID.test(value)) return '<uuid>';
      if (typeof value === 'string' && JSON_DATE.test(value)) return this.#date(value, 'date');
      return isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
    });
    return this.text(masked);
  }

  #body(body, contentType) {
    if (!contentType.startsWith('application/json') || body === '') return this.text(body);
    try {
      return {
        json: this.#values(JSON.parse(body), (value, key) =>
          JSON_DATE.test(value) ? this.#date(value, 'date') : this.text(keyMember(value, key)),
        ),
      };
    } catch {
      return { 'not JSON': body };
    }
  }

  /** JSON in a column: what a sign-in keeps while the user is away. Its numbers are times in milliseconds. */
  #json(text) {
    try {
      const value = JSON.parse(text, (_, item) => (typeof item === 'number' ? this.#time(item) : item));
      return this.#values(value, (item) => this.text(item));
    } catch {
      return this.text(text);
    }
  }

  #values(value, leaf, key) {
    if (typeof value === 'string') return leaf(value, key);
    if (Array.isArray(value)) return value.map((item) => this.#values(item, leaf, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [this.text(name), this.#values(item, leaf, name)]),
    );
  }

  #sorted(list) {
    const known = [...this.#labels.keys()];
    const named = ({ token, userId, identifier, id }) =>
      identifier ? known.findIndex((label) => identifier.endsWith(label)) : known.indexOf(token ?? userId ?? id);
    const rank = (row) => named(row) + 1 || Infinity;
    return list
      .map((row) => [rank(row), row])
      .sort(([a], [b]) => (a === b ? 0 : a - b))
      .map(([, row]) => row);
  }

  #label(kind, value) {
    if (!this.#labels.has(value)) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      this.#labels.set(value, `<${kind}#${count}>`);
    }
    return this.#labels.get(value);
  }

  /** A time in milliseconds, as a date of its own kind. */
  #time(milliseconds) {
    const date = new Date(milliseconds);
    return Number.isNaN(date.getTime()) ? String(milliseconds) : this.#date(date.toISOString(), 'time');
  }

  /** The first sight of a date fixes its distance, however long the scenario takes afterwards. */
  #date(value, kind) {
    const time = Date.parse(value);
    if (Math.abs(time - Date.now()) > FARTHEST_DATE * 1000) return value;
    const key = `${kind} ${time}`;
    if (!this.#labels.has(key)) {
      const distance = Math.round(((time - Date.now()) / 1000 + DATE_DELAY) / DATE_PRECISION) * DATE_PRECISION;
      this.#labels.set(key, `<${kind} ${distance < 0 ? '-' : '+'}${Math.abs(distance)}s>`);
    }
    return this.#labels.get(key);
  }
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** A member of a JSON Web Key: of what is random only its form and, up to leading zeros, its length. */
function keyMember(value, key) {
  return KEY_MEMBERS.has(key) && /^[\w-]{40,}$/.test(value) ? `<about ${Math.ceil(value.length / 8) * 8} characters>` : value;
}

/** Headers of the connection, not of the API. */
const TRANSPORT_HEADERS = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);

function decodeSafely(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Whole seconds to wait, of which a slow server has let some pass: to the next ten. */
function waitingTime(value) {
  return /^[1-9]\d*$/.test(value) ? `<at most ${Math.ceil(Number(value) / 10) * 10}s>` : value;
}
