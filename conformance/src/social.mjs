// Walks users through a real OpenID Connect provider into a server, and notes what the server shows.

import { CookieJar } from './cookies.mjs';
import { send } from './http.mjs';
import { Mask } from './mask.mjs';
import { PROVIDER_ID } from './oidc-provider.mjs';
import { SECRET } from './settings.mjs';

/** What is different in each run, beside what the mask knows: by its place, so that anything else there shows. */
const VOLATILE = [
  [/([?&]code=)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g, '$1<code>'],
  [/(code_challenge=)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g, '$1<challenge>'],
  [/(codeVerifier\\*":\\*")[A-Za-z0-9_-]{128}(?![A-Za-z0-9_-])/g, '$1<verifier>'],
  [/(expiresAt\\*":)\d{13}(?!\d)/g, '$1<milliseconds>'],
  [/(encryptedSessionToken\\*":\\*")(?:[0-9a-f]{2}){40,}/g, '$1<sealed>'],
  [/(oauth_state=)(?:[0-9a-f]{2}){40,}/g, '$1<sealed>'],
  [/((?:access|refresh)Token":")[A-Za-z0-9_-]{43}(?=")/g, '$1<token>'],
  [/((?:access|refresh)Token":")(?:[0-9a-f]{2}){60,}(?=")/g, '$1<sealed token>'],
  [/(idToken":"|id_token_hint=)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, '$1<id token>'],
];

/** One server in one scenario. */
export class Visit {
  #server;
  #provider;
  #jars = new Map();
  #mask = new Mask(SECRET);
  #seen = [];

  constructor(server, provider) {
    this.#server = server;
    this.#provider = provider;
  }

  /** Everything that was noted. */
  get seen() {
    return this.#seen;
  }

  /** POST with a JSON body; returns the answer's JSON. */
  async post(path, body, { jar = 'a', headers = [] } = {}) {
    const origin = new URL(this.#server.baseURL).origin;
    const { body: text } = await this.request('POST', path, {
      jar,
      headers: [['Content-Type', 'application/json'], ['Origin', origin], ...headers],
      body: JSON.stringify(body),
    });
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  /** GET of a path of the API, or of a whole URL of it. */
  get(url, { jar = 'a' } = {}) {
    const base = this.#server.baseURL;
    return this.request('GET', url.startsWith(base) ? url.slice(base.length) : url, { jar });
  }

  async request(method, path, { jar, headers = [], body }) {
    const base = new URL(this.#server.baseURL);
    const cookie = jar ? this.jar(jar).header() : undefined;
    const response = await send(this.#server.port, {
      method,
      path: base.pathname + path,
      headers: [['Host', base.host], ...(cookie ? [['Cookie', cookie]] : []), ...headers],
      body,
    });
    if (jar) this.jar(jar).store(response.headers);
    this.note(`${method} ${path.split('?')[0]}`, this.#mask.response(response));
    return response;
  }

  jar(name) {
    if (!this.#jars.has(name)) this.#jars.set(name, new CookieJar());
    return this.#jars.get(name);
  }

  /** Begins a sign-in; returns the URL of the provider's page. */
  async begin(more = {}, options = {}) {
    const { url } = await this.post('/sign-in/social', { provider: PROVIDER_ID, callbackURL: '/done', ...more }, options);
    return url;
  }

  /** Lets the user agree at the provider; returns the URL of the server's callback. */
  authorize(url) {
    return this.#provider.authorize(url);
  }

  /** A whole sign-in. */
  async signIn(more = {}, options = {}) {
    return this.get(await this.authorize(await this.begin(more, options)), options);
  }

  /** Signs up with a password. */
  signUp(name, options) {
    return this.post('/sign-up/email', { email: `${name}@example.com`, password: 'password-1234', name }, options);
  }

  sql(text) {
    return this.#server.database.query(text);
  }

  /** Notes every row. */
  async rows() {
    this.note('rows', this.#mask.rows(await this.#server.database.rows()));
  }

  note(step, observed) {
    const text = VOLATILE.reduce((text, [pattern, kind]) => text.replace(pattern, kind), JSON.stringify(observed));
    // The masks of texts inside of texts are made once those around them are gone.
    this.#seen.push({ step, observed: JSON.parse(text) });
  }
}
