// A real OpenID Connect provider as a process of its own: `node oidc-provider-server.mjs`, settings in OIDC_SETTINGS.
//
// Nobody types a password here: the request's `login_hint` says who signs in ('alice' without one), everybody agrees
// to everything, and whoever is called 'nobody' does not. `PUT /accounts/<name>` changes what is told of someone.

import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const { port, clients } = JSON.parse(process.env.OIDC_SETTINGS);
const issuer = `http://localhost:${port}`;
const told = new Map();

const defaults = (name) => ({
  email: `${name}@example.com`,
  email_verified: true,
  name: `${name[0].toUpperCase()}${name.slice(1)} Example`,
  picture: `https://img.example/${name}.png`,
});

const jwk = ({ privateKey }, more) => ({ ...privateKey.export({ format: 'jwk' }), use: 'sig', ...more });

const provider = new Provider(issuer, {
  clients,
  jwks: {
    keys: [
      jwk(generateKeyPairSync('rsa', { modulusLength: 2048 }), { kid: 'rsa', alg: 'RS256' }),
      jwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }), { kid: 'ec', alg: 'ES256' }),
    ],
  },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
  // Clients that read the id token only find the user there.
  conformIdTokenClaims: false,
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  cookies: { keys: ['a key of this test'] },
  pkce: { required: () => false },
  ttl: { AccessToken: 3600, IdToken: 3600, RefreshToken: 86_400, Grant: 86_400, Session: 86_400, Interaction: 600 },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('openid'),
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...defaults(id), ...told.get(id) }),
  }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
});

const server = http.createServer(async (request, response) => {
  try {
    if (request.method === 'PUT' && request.url.startsWith('/accounts/')) return await tell(request, response);
    if (request.url.startsWith('/interaction/')) return await interact(request, response);
    return await provider.callback()(request, response);
  } catch (error) {
    response.writeHead(500).end(String(error.stack));
  }
});

async function tell(request, response) {
  let text = '';
  for await (const chunk of request) text += chunk;
  told.set(decodeURIComponent(request.url.slice('/accounts/'.length)), JSON.parse(text));
  response.writeHead(204).end();
}

/** Signs the user in and agrees, at once. */
async function interact(request, response) {
  const { params, prompt, session } = await provider.interactionDetails(request, response);
  const name = params.login_hint ?? 'alice';
  if (name === 'nobody') {
    const refusal = { error: 'access_denied', error_description: 'The user said no' };
    return provider.interactionFinished(request, response, refusal, { mergeWithLastSubmission: false });
  }
  const accountId = prompt.name === 'login' ? name : session.accountId;
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { login: { accountId }, consent });
}

server.listen(port, '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
