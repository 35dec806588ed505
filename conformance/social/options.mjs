// With which options and for which requests the URL of each service's page is compared.

const every = {
  default: { options: {}, request: {} },
  'what a client may ask for': {
    options: {},
    request: {
      scopes: ['extra:scope', 'openid'],
      loginHint: 'alice+1@example.com',
      // In the order of their names: an object that was read from JSON has no other here.
      additionalParams: { audience: 'x', custom: 'a b&c=ü', lang: 'en', owner: 'me', prompt: 'consent', state: 'refused' },
    },
  },
  'what the settings may say': {
    options: {
      scope: ['option.scope'],
      prompt: 'select_account',
      redirectURI: 'https://app.example/back?x=1',
    },
    request: { scopes: ['request.scope'] },
  },
  'no default scopes': { options: { disableDefaultScope: true }, request: {} },
  'another page': {
    options: { authorizationEndpoint: 'https://idp.example/authorize?tenant=a%20b&scope=old&state=old&x=1' },
    request: {},
  },
};

/** What a service cannot do without. */
export const REQUIRED = {
  cognito: { domain: 'https://shop.auth.eu-central-1.amazoncognito.com', region: 'eu-central-1', userPoolId: 'eu_Ab1' },
  tiktok: { clientKey: 'client-key' },
};

const special = {
  cognito: { 'identity provider': { options: { identityProvider: 'Google' }, request: {} } },
  discord: {
    bot: { options: { scope: ['bot'], permissions: 8 }, request: {} },
    'bot by request': { options: { permissions: 8 }, request: { scopes: ['bot'] } },
  },
  dropbox: { offline: { options: { accessType: 'offline' }, request: {} } },
  facebook: { 'login configuration': { options: { configId: '42' }, request: { loginHint: 'a' } } },
  gitlab: { 'own instance': { options: { issuer: 'https://git.example//' }, request: {} } },
  google: {
    everything: {
      options: { accessType: 'offline', display: 'popup', hd: 'example.com', includeGrantedScopes: false, prompt: 'select_account consent' },
      request: { loginHint: 'a' },
    },
  },
  microsoft: {
    tenant: { options: { tenantId: 'contoso', authority: 'https://login.example/' }, request: {} },
  },
  paybin: { issuer: { options: { issuer: 'https://pay.example' }, request: {} } },
  paypal: { live: { options: { environment: 'live' }, request: {} } },
  reddit: { permanent: { options: { duration: 'permanent' }, request: {} } },
  salesforce: {
    sandbox: { options: { environment: 'sandbox' }, request: {} },
    'own host': { options: { loginUrl: 'org.my.salesforce.com' }, request: {} },
  },
  twitch: { claims: { options: { claims: ['email', 'picture'] }, request: {} } },
  vercel: { 'scope of the settings': { options: { scope: ['openid', 'email'] }, request: {} } },
  wechat: { language: { options: { lang: 'en' }, request: {} } },
  zoom: { 'no PKCE': { options: { pkce: false }, request: {} } },
};

/** Services whose page better-auth does not let anybody replace. */
const FIXED_PAGE = new Set(['tiktok', 'wechat']);

/** `{name: {options, request}}` for a service. */
export function cases(id) {
  const { 'another page': anotherPage, ...rest } = every;
  return { ...rest, ...(FIXED_PAGE.has(id) ? {} : { 'another page': anotherPage }), ...special[id] };
}
