// Makes the real options of better-auth of a configuration: functions that mail, and plugins.

import { replaceMailOptions, sendsMail } from './callbacks.mjs';

/** The options for `betterAuth`; mails go to the relay on `relayPort`. */
export async function referenceOptions({ plugins, ...options }, relayPort) {
  const transport = sendsMail(options) ? await connect(relayPort) : undefined;
  return {
    ...replaceMailOptions(options, (name) => mailer(name, transport)),
    plugins: plugins ? await makePlugins(plugins) : [],
  };
}

// What only some configurations need is loaded only then: it takes longer than most of their requests.

async function makePlugins(plugins) {
  const { bearer, genericOAuth, jwt, openAPI } = await import('better-auth/plugins');
  const makers = { bearer, genericOAuth, jwt, openAPI };
  return Object.entries(plugins).map(([name, settings]) => makers[name](settings));
}

async function connect(port) {
  const { createTransport } = await import('nodemailer');
  return createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
}

function mailer(name, transport) {
  return async ({ user, url }) => {
    await transport.sendMail({
      from: 'auth@shop.example',
      // The envelope as given: an address is not to be parsed on the way.
      envelope: { from: 'auth@shop.example', to: [user.email] },
      to: { name: '', address: user.email },
      subject: name,
      text: `${name}\n\n${url ?? 'no link'}\n`,
    });
  };
}
