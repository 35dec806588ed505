// POST /sign-up/email

import { ALICE, signUp } from '../src/people.mjs';
import { post } from '../src/steps.mjs';

const up = (changes, extra) => post('/sign-up/email', { ...ALICE, ...changes }, extra);
const { name: _name, ...noName } = ALICE;
const { email: _email, ...noEmail } = ALICE;
const { password: _password, ...noPassword } = ALICE;

const wrongTypes = [null, 1, true, [], {}, ['x']];

/** Addresses, accepted and refused. */
const addresses = [
  'a@b',
  '.a@b.co',
  'a.@b.co',
  'a..b@b.co',
  'ä@b.co',
  '"a b"@b.co',
  'a@b.co ',
  ' a@b.co',
  'a@[127.0.0.1]',
  'a@127.0.0.1',
  'a@-b.co',
  'a@b-.co',
  'a%b@b.co',
  'a!b@b.co',
  "o'x@b.co",
  'a+tag@b.co',
  'a@b-c.co',
  'a@b.c',
  'a@b.co1',
  'a@b_c.co',
  'a@@b.co',
  '@b.co',
  'a@',
  'a',
  '',
  'a@b..co',
  'a@.b.co',
  'a@b.co.',
  '_@b.co',
  '-@b.co',
  "'@b.co",
  "a'@b.co",
  'a-@b.co',
  'UPPER@Case.Example',
  'a@münchen.de',
  'a@xn--mnchen-3ya.de',
  'a\n@b.co',
  'a@b.co\n',
  `${'l'.repeat(64)}@b.co`,
  `${'l'.repeat(300)}@b.co`,
  `a@${'d'.repeat(300)}.co`,
  `a@b.${'c'.repeat(100)}`,
  '1@2.co',
  'a@1.2.3.co',
  'a.b.c@d.e.f',
  'a@b.c-o',
];

/** Passwords around the limits, which count UTF-16 units. */
const passwords = [
  '',
  '1',
  '1234567',
  '12345678',
  'ÄÖÜäöüß',
  'ÄÖÜäöüßß',
  '🦀🦀🦀',
  '🦀🦀🦀1',
  '🦀🦀🦀🦀',
  '        ',
  'p'.repeat(128),
  'p'.repeat(129),
  '🦀'.repeat(64),
  '🦀'.repeat(65),
  'ﬁﬁﬁﬁﬁﬁﬁ',
  'ａｂｃｄｅｆｇｈ',
  'tab\tand\nline',
  'nul\u0000character',
  'p'.repeat(5000),
];

/** Characters that cannot be compressed, as many as no index of Postgres holds. */
const long = Array.from({ length: 8000 }, (_, index) => (((index + 1) ** 3 * 2654435761) % 2147483647 % 36).toString(36)).join('');

export default [
  {
    name: 'an address that is too long for its index',
    configuration: 'default',
    steps: [up({ email: `${long}@b.co` }, { name: 'sign-up with a long address' })],
  },
  {
    name: 'a new user',
    configuration: 'default',
    steps: [
      signUp(ALICE, 'alice'),
      signUp(ALICE),
      up({ email: 'ALICE@EXAMPLE.COM' }),
      up({ email: 'Bob@Example.COM', image: 'https://img.example/b.png' }),
    ],
  },
  {
    name: 'missing fields',
    configuration: 'default',
    steps: [noName, noEmail, noPassword, { name: 'A' }, {}].map((body) => post('/sign-up/email', body)),
  },
  {
    name: 'wrong types',
    configuration: 'default',
    steps: ['name', 'email', 'password', 'image', 'callbackURL', 'rememberMe'].flatMap((field) =>
      [...wrongTypes, 'text']
        .filter((value) => !(value === 'text' && !['rememberMe', 'email'].includes(field)))
        .map((value) => up({ [field]: value })),
    ),
  },
  {
    name: 'several wrong fields at once',
    configuration: 'default',
    steps: [
      up({ name: 1, email: 'x', password: '', rememberMe: 'yes', image: 2 }),
      up({ email: null, password: null }),
    ],
  },
  {
    name: 'names',
    configuration: 'default',
    steps: [
      '',
      ' ',
      'Zoë 🦀',
      'n'.repeat(10_000),
      '<b>bold</b>',
      '2026-01-01T00:00:00.000Z',
      'quote " backslash \\',
      '\u2028',
    ].map((name, index) => up({ name, email: `n${index}@example.com` })),
  },
  {
    name: 'images',
    configuration: 'default',
    steps: ['', 'not a URL', 'javascript:alert(1)', 'data:image/png;base64,AA=='].map((image, index) =>
      up({ image, email: `i${index}@example.com` }),
    ),
  },
  { name: 'addresses', configuration: 'default', steps: addresses.map((email) => up({ email })) },
  {
    name: 'passwords',
    configuration: 'default',
    steps: passwords.map((password, index) => up({ password, email: `p${index}@example.com` })),
  },
  {
    name: 'unknown and forbidden fields',
    configuration: 'default',
    steps: [
      up({
        email: 'u1@example.com',
        unknown: 'x',
        id: 'chosen',
        emailVerified: true,
        createdAt: '2020-01-01T00:00:00.000Z',
        updatedAt: 1,
        role: 'admin',
      }),
      up({ email: 'u2@example.com', user: { emailVerified: true }, token: 'chosen' }),
      up({ email: 'u3@example.com', emailVerified: 'yes', id: null }),
    ],
  },
  {
    name: 'remember me',
    configuration: 'default',
    steps: [
      up({ rememberMe: true }, { jar: 'a' }),
      up({ email: 'b@example.com', rememberMe: false }, { jar: 'b' }),
      up({ email: 'c@example.com', rememberMe: undefined }),
    ],
  },
  {
    name: 'a callback URL is no redirect',
    configuration: 'default',
    steps: [
      up({ callbackURL: '/welcome' }),
      up({ email: 'b@example.com', callbackURL: '' }),
      up({ email: 'c@example.com', callbackURL: 'https://evil.example' }),
    ],
  },
  {
    name: 'the length is checked before the address is looked up',
    configuration: 'default',
    steps: [signUp(ALICE), up({ password: 'short' }), up({ password: 'p'.repeat(129) })],
  },
  {
    name: 'signing up while signed in',
    configuration: 'default',
    steps: [signUp(ALICE, 'alice'), up({ email: 'second@example.com' }, { jar: 'alice' })],
  },
  {
    name: 'client address and user agent are kept',
    configuration: 'default',
    steps: [
      ['203.0.113.7'],
      ['203.0.113.7, 10.0.0.1'],
      ['not an address'],
      [''],
      ['2001:db8:1:2:3:4:5:6'],
      ['::ffff:203.0.113.7'],
      ['203.0.113.7:4711'],
      [' 203.0.113.7 '],
      ['[2001:db8::1]'],
    ].map(([address], index) =>
      up(
        { email: `x${index}@example.com` },
        {
          name: `X-Forwarded-For: ${address}`,
          headers: [
            ['X-Forwarded-For', address],
            ['User-Agent', `agent ${index}`],
          ],
        },
      ),
    ),
  },
  {
    name: 'client address behind trusted proxies',
    configuration: 'trusted proxies',
    steps: [
      [['X-Forwarded-For', '203.0.113.7']],
      [['X-Forwarded-For', '203.0.113.7, 10.0.0.1']],
      [['X-Forwarded-For', '198.51.100.1, 203.0.113.7, 10.0.0.1, 10.0.0.2']],
      [['X-Forwarded-For', '10.0.0.1, 10.0.0.2']],
      [['X-Forwarded-For', 'nonsense, 10.0.0.2']],
      [['X-Forwarded-For', 'nonsense, 203.0.113.7, 10.0.0.2']],
      [
        ['X-Client-IP', '198.51.100.9'],
        ['X-Forwarded-For', '203.0.113.7'],
      ],
      [
        ['X-Client-IP', 'nonsense'],
        ['X-Forwarded-For', '203.0.113.7'],
      ],
      [['X-Forwarded-For', '2001:db8::1']],
      [['X-Forwarded-For', '2a00::1, 2001:db8::1']],
      [['X-Forwarded-For', '10.0.0.1']],
    ].map((headers, index) =>
      up(
        { email: `y${index}@example.com` },
        { name: headers.flat().join(' '), headers: [...headers, ['User-Agent', `agent ${index}`]] },
      ),
    ),
  },
  {
    name: 'client addresses are not kept',
    configuration: 'no addresses',
    steps: [
      up(
        {},
        {
          headers: [
            ['X-Forwarded-For', '203.0.113.7'],
            ['User-Agent', 'agent'],
          ],
        },
      ),
    ],
  },
  {
    name: 'sign-up disabled',
    configuration: 'sign-up disabled',
    steps: [signUp(ALICE), up({ email: 'nonsense' }), up({ password: 'short' })],
  },
  {
    name: 'no automatic sign-in hides which addresses exist',
    configuration: 'no automatic sign-in',
    steps: [
      signUp(ALICE),
      up({ name: 'Mallory', image: 'x', email: 'Alice@Example.com' }),
      up({ password: 'short' }),
      up({ email: 'b@example.com', rememberMe: false }),
      post('/sign-in/email', { email: ALICE.email, password: ALICE.password }),
    ],
  },
  {
    name: 'limits of passwords',
    configuration: 'password lengths',
    steps: ['', '123', '1234', '123456789012', '1234567890123', '🦀🦀', '🦀'.repeat(7)].map((password, index) =>
      up({ password, email: `l${index}@example.com` }),
    ),
  },
  {
    name: 'passwords disabled',
    configuration: 'passwords disabled',
    steps: [
      signUp(ALICE),
      up({ email: 'nonsense' }),
      post('/sign-in/email', { email: ALICE.email, password: ALICE.password }),
    ],
  },
];
