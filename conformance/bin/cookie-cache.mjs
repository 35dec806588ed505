// Prints a session as better-auth's cookie cache keeps it, in each strategy:
// the contents of server/src/http/session/cache/codec/vectors.json.

import { betterAuth } from 'better-auth';
import { setCookieCache } from '../node_modules/better-auth/dist/cookies/index.mjs';

const SECRET = '0123456789abcdef0123456789abcdefXYZ';
const date = new Date('2026-01-02T03:04:05.678Z');
const session = {
  session: {
    id: 'TpVDR9yDBPXGxZu0Y1R8bCyOD8EvqWGT',
    expiresAt: new Date('2096-01-02T03:04:05.678Z'),
    token: 'FPMr1ltEtvHX6SWALRDRGg6vrekKiwLH',
    createdAt: date,
    updatedAt: date,
    ipAddress: '192.0.2.7',
    userAgent: 'a "quoted" \\ agent\twith <tags> & \u2028 and \u007f',
    userId: 'XyVDR9yDBPXGxZu0Y1R8bCyOD8EvqWGT',
  },
  user: {
    id: 'XyVDR9yDBPXGxZu0Y1R8bCyOD8EvqWGT',
    name: 'Zoë 😀',
    email: 'zoe@example.com',
    emailVerified: true,
    image: null,
    createdAt: date,
    updatedAt: date,
  },
};

const vectors = {};
for (const strategy of ['compact', 'jwt', 'jwe']) {
  const cookieCache = { enabled: true, strategy, maxAge: 400 * 86_400 };
  const { options, ...context } = await betterAuth({
    baseURL: 'http://localhost',
    secret: SECRET,
    session: { cookieCache },
    account: { storeAccountCookie: false },
  }).$context;
  const setCookie = (name, value) => (vectors[strategy] = value);
  await setCookieCache({ context: { ...context, options }, headers: new Headers(), setCookie }, session, false);
}
console.log(JSON.stringify(vectors, null, 1));
