// The cookie cache: a copy of the session in a cookie, in each of better-auth's forms. Written anew here, with nothing of
// either server, so that a form that only one of them can read shows.

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { readJwt, signJwt } from './jwt.mjs';

/** For what better-auth derives keys, and the kinds of cookies that it encrypts. */
const INFO = 'BetterAuth.js Generated Encryption Key';
const KINDS = ['better-auth-session', 'better-auth-account'];

/** `{strategy, content}` of a copy that holds; undefined for any other. Times of the content stay as they are. */
export function readCopy(value, secret) {
  const parts = value.split('.').length;
  if (parts === 5) return readJwe(value, secret);
  if (parts === 3) {
    const { claims, holds } = readJwt(value, secret) ?? {};
    return holds ? { strategy: 'jwt', content: claims } : undefined;
  }
  return readCompact(value, secret);
}

/** A copy with this content in the form of `strategy`. */
export function writeCopy(strategy, content, secret) {
  if (strategy === 'jwt') return signJwt(content, secret);
  if (strategy === 'jwe') return writeJwe(content, secret);
  const { expiresAt, ...session } = content;
  return encode(JSON.stringify({ session, expiresAt, signature: signature({ ...session, expiresAt }, secret) }));
}

function readCompact(value, secret) {
  try {
    const compact = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    const content = { ...compact.session, expiresAt: compact.expiresAt };
    return signature(content, secret) === compact.signature ? { strategy: 'compact', content } : undefined;
  } catch {
    return undefined;
  }
}

const signature = (content, secret) =>
  createHmac('sha256', secret).update(JSON.stringify(content)).digest('base64url');

// Compact JWE (RFC 7516) with `dir` and A256CBC-HS512 (RFC 7518, section 5.2.5).

function readJwe(value, secret) {
  const [header, key, ...rest] = value.split('.');
  const [vector, text, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
  const kind = KINDS.find((kind) => key === '' && tagOf(kind, secret, header, vector, text).equals(tag));
  if (!kind) return undefined;
  const { alg, enc, kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  if (alg !== 'dir' || enc !== 'A256CBC-HS512' || kid !== thumbprint(kind, secret)) return undefined;
  const cipher = createDecipheriv('aes-256-cbc', keyOf(kind, secret).subarray(32), vector);
  const clear = Buffer.concat([cipher.update(text), cipher.final()]);
  return { strategy: kind === KINDS[0] ? 'jwe' : 'jwe of an account', content: JSON.parse(clear.toString('utf8')) };
}

function writeJwe(content, secret) {
  const [kind] = KINDS;
  const header = encode(JSON.stringify({ alg: 'dir', enc: 'A256CBC-HS512', kid: thumbprint(kind, secret) }));
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', keyOf(kind, secret).subarray(32), vector);
  const clear = JSON.stringify({ jti: randomUUID(), ...content });
  const text = Buffer.concat([cipher.update(clear), cipher.final()]);
  return [header, '', vector, text, tagOf(kind, secret, header, vector, text)]
    .map((part) => (typeof part === 'string' ? part : encode(part)))
    .join('.');
}

const keyOf = (kind, secret) => Buffer.from(hkdfSync('sha256', secret, kind, INFO, 64));

/** RFC 7638. */
const thumbprint = (kind, secret) =>
  createHash('sha256')
    .update(JSON.stringify({ k: encode(keyOf(kind, secret)), kty: 'oct' }))
    .digest('base64url');

function tagOf(kind, secret, header, vector, text) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(header.length * 8));
  const mac = createHmac('sha512', keyOf(kind, secret).subarray(0, 32));
  return mac.update(header).update(vector).update(text).update(length).digest().subarray(0, 32);
}

const encode = (bytes) => Buffer.from(bytes).toString('base64url');
