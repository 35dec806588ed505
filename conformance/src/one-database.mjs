// better-auth and the server under test on one database, with one secret.

import { send } from './http.mjs';
import { startOurs } from './ours.mjs';
import { startReference } from './reference.mjs';

/** Starts better-auth with these options on a new database, then our server with these on the same one. */
export async function startOnOneDatabase(options, ourOptions) {
  const reference = await startReference({ options });
  const ours = await startOurs({ options: ourOptions, database: reference.database }).catch(async (error) => {
    await reference.stop();
    throw error;
  });
  return {
    reference,
    ours,
    async stop() {
      await ours.stop();
      await reference.stop();
    },
  };
}

/** Sends a request as a page of the server's own site would, with the cookies of `jar`. */
export async function call(server, method, path, { body, jar, cookie = jar?.header() } = {}) {
  const { host, origin, pathname } = new URL(server.baseURL);
  const response = await send(server.port, {
    method,
    path: pathname + path,
    headers: [
      ['Host', host],
      ['Origin', origin],
      ...(cookie ? [['Cookie', cookie]] : []),
      ...(body ? [['Content-Type', 'application/json']] : []),
    ],
    body: body && JSON.stringify(body),
  });
  jar?.store(response.headers);
  return { status: response.status, json: JSON.parse(response.body || 'null') };
}
