// Makes our settings of a configuration, which is written in better-auth's options: the names are the
// same, but what is a function or a secret there is declared otherwise here.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CHEAP_HASHING, replaceMailOptions, sendsMail } from './callbacks.mjs';

/** Options that are a function of better-auth's and a switch of ours; the others need no word once there is a relay. */
const SWITCHES = new Set(['onExistingUserSignUp', 'sendChangeEmailConfirmation', 'sendDeleteAccountVerification']);

/** The least that the settings allow. */
const LEAST_ARGON2ID = { argon2id: { memoryKiB: 8192, iterations: 1 } };

/** The settings; secrets are written below `secretsDirectory`, as the operator mounts them. */
export async function ourSettings(options, relayPort, secretsDirectory) {
  const settings = replaceMailOptions(options, (name) => (SWITCHES.has(name) ? true : undefined));
  if (settings.emailAndPassword?.password === CHEAP_HASHING) settings.emailAndPassword.password = LEAST_ARGON2ID;
  if (sendsMail(options)) settings.mail = { from: 'auth@shop.example', smtp: relay(relayPort) };
  return withSecretRefs(settings, secretsDirectory);
}

const relay = (port) => ({ host: '127.0.0.1', port, tls: 'none' });

/** Each `clientSecret` becomes a file and a `clientSecretRef` to it. */
async function withSecretRefs(value, directory, place = 'secret') {
  if (Array.isArray(value)) {
    return Promise.all(value.map((item, index) => withSecretRefs(item, directory, `${place}-${index}`)));
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(async ([key, item]) => {
    if (key !== 'clientSecret') return [key, await withSecretRefs(item, directory, `${place}-${key}`)];
    const name = place.toLowerCase();
    await mkdir(path.join(directory, name), { recursive: true });
    await writeFile(path.join(directory, name, key), item);
    return [`${key}Ref`, { name, key }];
  });
  return Object.fromEntries(await Promise.all(entries));
}
