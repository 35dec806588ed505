// Prints tokens and keys by every signature algorithm, made by the library that better-auth signs with:
// the contents of server/src/crypto/jws/vectors.json.

import { SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose'

// By these the server signs too, so that it has to read their private keys.
const SIGNING = ['EdDSA', 'ES256', 'ES512', 'RS256', 'PS256']
const ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

// One key serves all RSA algorithms: they are long.
const rsa = await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)

const vectors = []
for (const alg of ALGORITHMS) {
  const key = alg[0] === 'R' || alg[0] === 'P' ? rsa : await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey)
  const token = await new SignJWT({ sub: 'user', n: 1 }).setProtectedHeader({ alg, kid: 'key' }).sign(await importJWK(key, alg))
  const { kty, crv, x, y, n, e } = key
  vectors.push({ alg, public: { kty, crv, x, y, n, e }, ...(SIGNING.includes(alg) && { private: key }), token })
}
console.log(JSON.stringify(vectors, null, 1))
