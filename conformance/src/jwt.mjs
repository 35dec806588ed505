// JSON Web Tokens signed with HMAC-SHA256, as better-auth mails them.

import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
const signature = (input, secret) => createHmac('sha256', secret).update(input).digest('base64url');

/** A token with these claims; `header` replaces the usual one, and one without `alg` HS256 is signed all the same. */
export function signJwt(claims, secret, header = { alg: 'HS256' }) {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signature(input, secret)}`;
}

/** `{header, claims, holds}`: `holds` tells whether HMAC-SHA256 with `secret` gives the signature. Undefined for no JWT. */
export function readJwt(token, secret) {
  const [header, claims, signed] = token.split('.');
  try {
    return {
      header: decode(header),
      claims: decode(claims),
      holds: signature(`${header}.${claims}`, secret) === signed,
    };
  } catch {
    return undefined;
  }
}
