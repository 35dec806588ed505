// Makes the real options of better-auth of a configuration: functions that mail, and plugins.

import { randomBytes, scryptSync } from 'node:crypto';
import { CHEAP_HASHING, replaceMailOptions, sendsMail } from './callbacks.mjs';

/** The options for `betterAuth`; mails go to the relay on `relayPort`. */
export async function referenceOptions({ plugins, secondaryStorage, ...options }, relayPort) {
  const transport = sendsMail(options) ? await connect(relayPort) : undefined;
  const real = replaceMailOptions(options, (name) => mailer(name, transport));
  if (real.emailAndPassword?.password === CHEAP_HASHING) real.emailAndPassword.password = { hash, verify };
  return {
    ...real,
    ...(secondaryStorage && { secondaryStorage: await storage(secondaryStorage.redis) }),
    plugins: plugins ? await makePlugins(plugins) : [],
  };
}

// What only some configurations need is loaded only then: it takes longer than most of their requests.

async function makePlugins(plugins) {
  const { bearer, genericOAuth, jwt, openAPI } = await import('better-auth/plugins');
  const makers = { bearer, genericOAuth, jwt, openAPI };
  return Object.entries(plugins).map(([name, settings]) => makers[name](settings));
}

async function storage({ url, keyPrefix }) {
  const [{ redisStorage }, { Redis }] = await Promise.all([import('@better-auth/redis-storage'), import('ioredis')]);
  return redisStorage({ client: new Redis(url), keyPrefix });
}

async function connect(port) {
  const { createTransport } = await import('nodemailer');
  return createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
}

function mailer(name, transport) {
  return async ({ user, url }) => {
    await transport.sendMail({
      from: 'auth@shop.example',
      // The envelope as given: an address is not to be parsed on the way.
      envelope: { from: 'auth@shop.example', to: [user.email] },
      to: { name: '', address: user.email },
      subject: name,
      text: `${name}\n\n${url ?? 'no link'}\n`,
    });
  };
}

// As better-auth's own, in the same form, but with little memory and few rounds.

function hash(password) {
  const salt = randomBytes(16).toString('hex');
  return `${salt}:${key(password, salt).toString('hex')}`;
}

function verify({ hash, password }) {
  const [salt, stored] = hash.split(':');
  if (!salt || !stored) throw new Error('Invalid password hash');
  return key(password, salt).toString('hex') === stored;
}

const key = (password, salt) => scryptSync(password.normalize('NFKC'), salt, 64, { N: 256, r: 8, p: 1 });
