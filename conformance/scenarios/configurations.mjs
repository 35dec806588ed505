// The settings under which scenarios run: better-auth's options, which are our settings too.

const emailAndPassword = { enabled: true };
/** Not part of these routes' contract, and in the way of many requests in a row. */
const rateLimit = { enabled: false };

/** The options of a configuration, on top of the common ones. */
function settings({ baseURL, ...options } = {}) {
  return {
    ...(baseURL ? { baseURL } : {}),
    options: { rateLimit, ...options, emailAndPassword: { ...emailAndPassword, ...options.emailAndPassword } },
  };
}

export default {
  default: settings(),
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
  'no addresses': settings({ advanced: { ipAddress: { disableIpTracking: true } } }),
};
