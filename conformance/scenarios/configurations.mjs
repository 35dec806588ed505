// The settings under which scenarios run: better-auth's options, which are our settings too.

import { CHEAP_HASHING, MAIL } from '../src/callbacks.mjs';

const emailAndPassword = { enabled: true, password: CHEAP_HASHING };
/** Not part of these routes' contract, and in the way of many requests in a row. */
const rateLimit = { enabled: false };

/** The options of a configuration, on top of the common ones. */
function settings({ baseURL, ...options } = {}) {
  return {
    ...(baseURL ? { baseURL } : {}),
    options: { rateLimit, ...options, emailAndPassword: { ...emailAndPassword, ...options.emailAndPassword } },
  };
}

/** Both kinds of mail that the core sends without further options, and what a user may do to the own account. */
const mailing = {
  emailVerification: { sendVerificationEmail: MAIL },
  emailAndPassword: { sendResetPassword: MAIL },
  user: { changeEmail: { enabled: true }, deleteUser: { enabled: true } },
};

/** Providers that are never called: what needs no answer of theirs. */
const socialProviders = {
  google: { clientId: 'google-client', clientSecret: 'google-secret' },
  github: { clientId: 'github-client', clientSecret: 'github-secret' },
  vercel: { clientId: 'vercel-client', clientSecret: 'vercel-secret' },
};

/** Fields of every kind, with each of the ways to declare one. */
const additionalFields = {
  nickname: { type: 'string', required: false },
  company: { type: 'string', required: true },
  plan: { type: 'string', required: false, defaultValue: 'free' },
  role: { type: 'string', required: false, defaultValue: 'member', input: false },
  score: { type: 'number', required: false, input: false },
  secretNote: { type: 'string', required: false, returned: false },
  age: { type: 'number', required: false },
  newsletter: { type: 'boolean', required: false, defaultValue: false },
  born: { type: 'date', required: false },
  tags: { type: 'string[]', required: false },
};

const limits = {
  max: 5,
  customRules: { '/ok': { window: 30, max: 2 }, '/err*': false, '/change-password': { window: 20, max: 2 } },
};

/** A copy of the session in a cookie, of users with a text of any length. */
const cached = (cookieCache, { session, ...options } = {}) =>
  settings({
    session: { cookieCache: { enabled: true, ...cookieCache }, ...session },
    user: { additionalFields: { bio: { type: 'string', required: false } } },
    ...options,
  });

/** The Redis is started with the database. */
const secondaryStorage = { redis: {} };

/** Both mails that hold a token of a row. */
const deletable = {
  ...mailing,
  user: { deleteUser: { enabled: true, sendDeleteAccountVerification: MAIL } },
  socialProviders,
};

const jwt = (options = {}, more = {}) => settings({ ...more, plugins: { jwt: options, ...more.plugins } });
const some = (...names) => Object.fromEntries(names.map((name) => [name, additionalFields[name]]));
const keys = (keyPairConfig) => ({ jwks: { keyPairConfig } });

export default {
  default: settings(),
  // Not an option of better-auth, which ignores it.
  'sessions in memory': settings({ session: { memoryCache: { enabled: true } } }),
  'secondary storage': settings({ secondaryStorage }),
  'secondary storage and database': settings({
    secondaryStorage,
    session: { storeSessionInDatabase: true },
    verification: { storeInDatabase: true },
  }),
  'secondary storage and record': settings({
    secondaryStorage,
    session: { storeSessionInDatabase: true, preserveSessionInDatabase: true },
  }),
  'secondary storage, with mails': settings({ ...mailing, secondaryStorage }),
  'secondary storage and database, with mails': settings({
    ...mailing,
    secondaryStorage,
    session: { storeSessionInDatabase: true },
    verification: { storeInDatabase: true, storeIdentifier: 'hashed' },
  }),
  'https base URL': settings({ baseURL: 'https://shop.example/api' }),
  'base URL without a path': settings({ baseURL: 'http://localhost:8100' }),
  'deep base URL': settings({ baseURL: 'http://localhost:8100/v1/auth' }),
  'trusted origins': settings({
    trustedOrigins: [
      'https://app.example',
      'https://*.example.com',
      'http://localhost:*',
      '*.wild.example',
      '10.0.*',
      'myapp://',
      'exp://host/path',
    ],
  }),
  'cookie prefix': settings({ advanced: { cookiePrefix: 'shop' } }),
  'secure cookies': settings({ advanced: { useSecureCookies: true } }),
  'insecure cookies on https': settings({ baseURL: 'https://shop.example/api', advanced: { useSecureCookies: false } }),
  'cross-subdomain cookies': settings({
    baseURL: 'https://auth.shop.example/api',
    advanced: { crossSubDomainCookies: { enabled: true, domain: '.shop.example' } },
  }),
  'cross-subdomain cookies of the base URL': settings({
    baseURL: 'https://auth.shop.example/api',
    advanced: { crossSubDomainCookies: { enabled: true } },
  }),
  'cookie attributes': settings({
    advanced: { defaultCookieAttributes: { sameSite: 'none', partitioned: true, path: '/api' } },
  }),
  'sign-up disabled': settings({ emailAndPassword: { disableSignUp: true } }),
  'no automatic sign-in': settings({ emailAndPassword: { autoSignIn: false } }),
  'password lengths': settings({ emailAndPassword: { minPasswordLength: 4, maxPasswordLength: 12 } }),
  'passwords disabled': settings({ emailAndPassword: { enabled: false } }),
  'session lifetimes': settings({ session: { expiresIn: 7200, updateAge: 3600, freshAge: 1800 } }),
  'no freshness, no refresh': settings({ session: { freshAge: 0, disableSessionRefresh: true } }),
  'disabled paths': settings({ disabledPaths: ['/sign-up/email', '/list-sessions'] }),
  'error page elsewhere': settings({ onAPIError: { errorURL: 'https://app.example/oops?from=auth' } }),
  'trailing slashes skipped': settings({ advanced: { skipTrailingSlashes: true } }),
  'origin checks off': settings({ advanced: { disableOriginCheck: true } }),
  'CSRF check off': settings({ advanced: { disableCSRFCheck: true } }),
  'trusted proxies': settings({
    advanced: {
      ipAddress: {
        ipAddressHeaders: ['x-client-ip', 'x-forwarded-for'],
        trustedProxies: ['10.0.0.0/8', '2001:db8::/32'],
      },
    },
  }),
  'rate limits': settings({ rateLimit: limits }),
  'rate limits in the database': settings({ rateLimit: { ...limits, storage: 'database' } }),
  'no addresses': settings({ advanced: { ipAddress: { disableIpTracking: true } } }),
  mail: settings(mailing),
  'mail and confirmations': settings({
    ...mailing,
    user: {
      changeEmail: { enabled: true, sendChangeEmailConfirmation: MAIL },
      deleteUser: { enabled: true, sendDeleteAccountVerification: MAIL },
    },
  }),
  'mail on sign-up': settings({
    ...mailing,
    emailVerification: { sendVerificationEmail: MAIL, sendOnSignUp: true, autoSignInAfterVerification: true },
  }),
  'mail with short lifetimes': settings({
    emailVerification: { sendVerificationEmail: MAIL, expiresIn: 600 },
    emailAndPassword: {
      sendResetPassword: MAIL,
      resetPasswordTokenExpiresIn: 1200,
      revokeSessionsOnPasswordReset: true,
    },
    user: {
      changeEmail: { enabled: true },
      deleteUser: { enabled: true, sendDeleteAccountVerification: MAIL, deleteTokenExpiresIn: 1800 },
    },
  }),
  'verified addresses only': settings({
    ...mailing,
    emailAndPassword: { sendResetPassword: MAIL, requireEmailVerification: true, onExistingUserSignUp: MAIL },
  }),
  'verified addresses only, mail on sign-in': settings({
    ...mailing,
    emailVerification: { sendVerificationEmail: MAIL, sendOnSignIn: true, sendOnSignUp: false },
    emailAndPassword: { requireEmailVerification: true },
  }),
  'verified addresses only, no mail': settings({ emailAndPassword: { requireEmailVerification: true } }),
  'addresses changed at once': settings({
    ...mailing,
    user: { changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
  }),
  'addresses changed without mail': settings({
    user: { changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
  }),
  'users delete themselves': settings({ user: { changeEmail: { enabled: true }, deleteUser: { enabled: true } } }),
  'users delete themselves, however stale': settings({
    user: { deleteUser: { enabled: true } },
    session: { freshAge: 0 },
  }),
  'mail under a deep https base URL': settings({ ...mailing, baseURL: 'https://shop.example/v1/auth' }),
  'mail to other origins': settings({
    ...mailing,
    trustedOrigins: ['https://app.example', 'https://*.example.com', 'myapp://'],
  }),
  'paths of mail disabled': settings({
    ...mailing,
    disabledPaths: [
      '/send-verification-email',
      '/verify-email',
      '/request-password-reset',
      '/reset-password',
      '/reset-password/:token',
      '/change-email',
      '/delete-user',
      '/delete-user/callback',
      '/list-accounts',
    ],
  }),
  'additional fields': settings({
    user: { additionalFields },
    session: {
      additionalFields: {
        theme: { type: 'string', required: false },
        device: { type: 'string', required: false, defaultValue: 'web' },
        level: { type: 'number', required: false, input: false },
        hidden: { type: 'string', required: false, returned: false },
      },
    },
  }),
  'additional fields, verified addresses only': settings({
    user: { additionalFields },
    emailAndPassword: { requireEmailVerification: true },
  }),
  'accounts of providers': settings({ socialProviders }),
  'accounts of providers, error page elsewhere': settings({
    socialProviders,
    onAPIError: { errorURL: 'https://app.example/oops?from=auth' },
  }),
  'last account may go': settings({ account: { accountLinking: { allowUnlinkingAll: true } } }),
  'cookie cache': cached(),
  'cookie cache, jwt': cached({ strategy: 'jwt' }),
  'cookie cache, jwe': cached({ strategy: 'jwe' }),
  'cookie cache, version': cached({ version: '7', maxAge: 3600 }),
  'cookie cache, refreshCache': cached({ refreshCache: true }),
  'cookie cache, no refresh': cached({ strategy: 'jwe' }, { session: { disableSessionRefresh: true } }),
  'cookie cache, secure': cached(
    { strategy: 'jwt' },
    {
      baseURL: 'https://auth.shop.example/api',
      advanced: { cookiePrefix: 'shop', crossSubDomainCookies: { enabled: true, domain: '.shop.example' } },
    },
  ),
  'cookie cache, deferred refresh': cached({}, { session: { deferSessionRefresh: true } }),
  'deferred refresh': settings({ session: { deferSessionRefresh: true } }),
  bearer: settings({ plugins: { bearer: {} } }),
  'bearer, signed tokens only': settings({ plugins: { bearer: { requireSignature: true } } }),
  'bearer, cookie cache': cached({}, { plugins: { bearer: {} } }),
  jwt: jwt(),
  'jwt, ES256': jwt(keys({ alg: 'ES256' })),
  'jwt, ES512': jwt(keys({ alg: 'ES512' })),
  'jwt, PS256': jwt(keys({ alg: 'PS256' })),
  'jwt, RS256': jwt(keys({ alg: 'RS256' })),
  'jwt, RS256 of 3072 bits': jwt(keys({ alg: 'RS256', modulusLength: 3072 })),
  'jwt, keys in clear': jwt({ jwks: { disablePrivateKeyEncryption: true } }),
  'jwt, keys elsewhere': jwt({ jwks: { jwksPath: '/.well-known/jwks.json' } }),
  'jwt, keys at another server': jwt({
    jwks: { remoteUrl: 'https://keys.example/jwks', keyPairConfig: { alg: 'ES256' } },
  }),
  'jwt, no header': jwt({ disableSettingJwtHeader: true }),
  'jwt, rotation': jwt({ jwks: { rotationInterval: 3600, gracePeriod: 3600 } }),
  'jwt, issuer and audience': jwt({ jwt: { issuer: 'https://issuer.example', audience: ['one'] } }),
  'jwt, several audiences': jwt({ jwt: { audience: ['one', 'two'] } }),
  'jwt, a day': jwt({ jwt: { expirationTime: '1 day' } }),
  'jwt, additional fields': jwt({}, { user: { additionalFields: some('plan', 'born', 'secretNote') } }),
  'jwt, several algorithms': jwt({ jwks: { keyPairConfigs: [{ alg: 'ES256' }, { alg: 'RS256' }] } }),
  'jwt, https base URL': jwt({}, { baseURL: 'https://shop.example/v1/auth' }),
  'jwt, serial ids': jwt({}, { advanced: { database: { generateId: 'serial' } } }),
  'jwt and bearer': jwt({}, { plugins: { bearer: {} } }),
  'jwt, cookie cache': jwt({}, { session: { cookieCache: { enabled: true, strategy: 'jwt' } } }),
  'single cookies': cached(
    {},
    {
      advanced: {
        defaultCookieAttributes: { path: '/api' },
        cookies: {
          session_token: { name: 'own_session_token', attributes: { sameSite: 'strict', maxAge: 60 } },
          session_data: { name: 'own_session_data', attributes: { httpOnly: false, maxAge: 3600 } },
          dont_remember: { attributes: { maxAge: 7200 } },
          state: { name: 'own.state', attributes: { sameSite: 'none', maxAge: 1200 } },
        },
      },
      socialProviders,
    },
  ),
  'single cookies, secure': settings({
    baseURL: 'https://shop.example/api',
    advanced: {
      cookiePrefix: 'shop',
      crossSubDomainCookies: { enabled: true },
      cookies: {
        session_token: { name: 'own_session_token', attributes: { domain: '.shop.example' } },
        dont_remember: { attributes: { secure: false, path: '/x' } },
        oauth_state: { name: 'whole' },
      },
    },
    account: { storeStateStrategy: 'cookie' },
    socialProviders,
  }),
  'hashed identifiers': settings({ ...deletable, verification: { storeIdentifier: 'hashed' } }),
  'hashed identifiers of some': settings({
    ...deletable,
    verification: { storeIdentifier: { default: 'hashed', overrides: { 'reset-password:': 'plain' } } },
  }),
  'no cleanup': settings({ ...deletable, verification: { disableCleanup: true } }),
  'rate limits in a renamed table': settings({
    rateLimit: { ...limits, storage: 'database', modelName: 'limits', fields: { lastRequest: 'last_request' } },
  }),
  'jwt, renamed table': jwt({ schema: { jwks: { modelName: 'signing_keys', fields: { publicKey: 'public_key' } } } }),
};
