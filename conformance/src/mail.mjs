// A mail relay that keeps what it is given: a real SMTP server on loopback.

import { once } from 'node:events';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** A relay on a free port. `mails` holds what was delivered, in order, as `{to, subject, text, html}`. */
export async function startMailRelay() {
  let mails = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, { envelope }, done) {
      receive(stream, envelope)
        .then((mail) => mails.push(mail))
        .then(() => done(), done);
    },
  });
  // A client that hangs up in the middle is no failure of the relay.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: server.server.address().port,
    mails: () => mails,
    clear: () => {
      mails = [];
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function receive(stream, { rcptTo }) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const { subject, text = '', html = '' } = await PostalMime.parse(Buffer.concat(chunks));
  return { to: rcptTo.map(({ address }) => address).join(', '), subject, text, html };
}

/** The link into the API at `baseURL` that a mail carries, or undefined. */
export function linkOf({ text }, baseURL) {
  const start = text.indexOf(`${baseURL}/`);
  return start < 0 ? undefined : /^\S+/.exec(text.slice(start))[0];
}

/** The token in such a link: a query parameter, or the last segment of the path. */
export function tokenOf(link) {
  const url = new URL(link);
  return url.searchParams.get('token') ?? url.pathname.split('/').at(-1);
}
