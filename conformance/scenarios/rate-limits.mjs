// Rate limits. Counts live in the memory of a server over all scenarios: each has addresses of its own.

import { get, post, request } from '../src/steps.mjs';

const NOBODY = { email: 'nobody@example.com', password: 'not a password' };

const from = (address) => ({ headers: [['X-Forwarded-For', address]] });
const signIn = (address) => post('/sign-in/email', NOBODY, { name: `sign-in from ${address}`, ...from(address) });
const times = (count, step) => Array.from({ length: count }, () => step);
const limited = (name, steps) => ({ name, configuration: 'rate limits', steps });

const scenarios = [
  limited('the fourth sign-in', times(5, signIn('192.0.2.1'))),
  limited('each client for itself', [
    ...times(3, signIn('192.0.2.2')),
    signIn('192.0.2.3'),
    signIn('192.0.2.2'),
    signIn('192.0.2.3'),
  ]),
  limited('networks of IPv6', [
    signIn('2001:db8:1:1::1'),
    signIn('2001:DB8:1:1:0:0:0:2'),
    signIn('2001:0db8:0001:0001:ffff:ffff:ffff:ffff'),
    signIn('2001:db8:1:1::3'),
    signIn('2001:db8:1:2::1'),
  ]),
  limited('IPv4 written as IPv6', [
    signIn('192.0.2.4'),
    signIn('::ffff:192.0.2.4'),
    signIn('0:0:0:0:0:ffff:192.0.2.4'),
    signIn('0000:0000:0000:0000:0000:ffff:c000:0204'),
    signIn(' 192.0.2.4 '),
  ]),
  limited('no address', [
    signIn('192.0.2.5, 192.0.2.6'),
    signIn('unknown'),
    signIn('192.0.2.5:80'),
    signIn('[2001:db8::1]'),
    signIn('01.2.3.4'),
  ]),
  limited('paths and methods of one count', [
    ...times(2, post('/sign-up/email', {}, from('192.0.2.7'))),
    request('GET', '/sign-up/email', from('192.0.2.7')),
    request('DELETE', '/sign-up/email', from('192.0.2.7')),
    get('/sign-up/email/', from('192.0.2.7')),
    get('/ok', from('192.0.2.7')),
  ]),
  limited('paths that are none', times(4, get('/sign-in/nowhere', from('192.0.2.8')))),
  limited('rules of the settings', [
    ...times(3, get('/ok', from('192.0.2.9'))),
    ...times(8, get('/error', from('192.0.2.9'))),
    ...times(6, get('/get-session', from('192.0.2.9'))),
    ...times(3, post('/change-password', {}, from('192.0.2.9'))),
  ]),
];

/** The same from the table, which both servers share with themselves only. */
const inDatabase = ['rate limits in the database', 'rate limits in a renamed table'].flatMap((configuration) =>
  scenarios.map((scenario) => ({ ...scenario, configuration })),
);

export default [...scenarios, ...inDatabase];
