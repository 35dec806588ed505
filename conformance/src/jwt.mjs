// JSON Web Tokens: signed with HMAC-SHA256, as better-auth mails them, or by a key that the plugin jwt publishes.

import { constants, createHmac, createPublicKey, verify } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
const signature = (input, secret) => createHmac('sha256', secret).update(input).digest('base64url');

/** A token with these claims; `header` replaces the usual one, and one without `alg` HS256 is signed all the same. */
export function signJwt(claims, secret, header = { alg: 'HS256' }) {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signature(input, secret)}`;
}

/** How Node calls what each algorithm of the plugin jwt does. */
const ALGORITHMS = {
  EdDSA: [null, {}],
  ES256: ['sha256', { dsaEncoding: 'ieee-p1363' }],
  ES512: ['sha512', { dsaEncoding: 'ieee-p1363' }],
  PS256: ['sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }],
  RS256: ['sha256', {}],
};

/**
 * `{header, claims, holds}`: `holds` tells whether HMAC-SHA256 with `secret` gives the signature, or the key among `keys`
 * (`{id, alg, publicKey}`) that the header names has made it. Undefined for no JWT.
 */
export function readJwt(token, secret, keys = []) {
  const [header, claims, signed] = token.split('.');
  try {
    const read = { header: decode(header), claims: decode(claims) };
    return { ...read, holds: holds(read.header, `${header}.${claims}`, signed, secret, keys) };
  } catch {
    return undefined;
  }
}

function holds(header, input, signed, secret, keys) {
  const [hash, options] = ALGORITHMS[header.alg] ?? [];
  if (options === undefined) return signature(input, secret) === signed;
  const stored = keys.find(({ id, alg }) => String(id) === header.kid && alg === header.alg);
  if (!stored) return false;
  const key = createPublicKey({ key: JSON.parse(stored.publicKey), format: 'jwk' });
  return verify(hash, Buffer.from(input), { key, ...options }, Buffer.from(signed, 'base64url'));
}
