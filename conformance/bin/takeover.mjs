// Tries docs/migrate-from-better-auth.md on a database that better-auth fills, and prints how long each step takes:
// `node bin/takeover.mjs [users]`, 10,000 unless said otherwise, with the environment of the tests.

import { tryTakeover } from '../src/takeover.mjs';

const users = Number(process.argv[2] ?? 10_000);
const signedUp = Math.ceil(users / 40);
const note = (what, ms) => console.log(`${what.padEnd(32)}${(ms / 1000).toFixed(2).padStart(9)} s`);
await tryTakeover({ users, signedUp, sampled: Math.min(signedUp, 100), note });
console.log(`${users} users, ${signedUp} of them with hashes of their own: nothing was lost`);
