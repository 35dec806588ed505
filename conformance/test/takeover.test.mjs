// docs/migrate-from-better-auth.md, end to end, small; `node bin/takeover.mjs 10000` is the large one.

import { test } from 'node:test';
import { tryTakeover } from '../src/takeover.mjs';

test('a database of 300 users is taken over and given back, and nothing is lost', () =>
  tryTakeover({ users: 300, signedUp: 10, sampled: 10 }));
