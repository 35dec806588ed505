// user.additionalFields and session.additionalFields: what a client may set, and what it sees

import { ALICE, signIn, signUp } from '../src/people.mjs';
import { get, post, postForm, rows } from '../src/steps.mjs';

const COMPANY = { company: 'Example Ltd' };
let count = 0;
const up = (fields, extra) =>
  post('/sign-up/email', { ...ALICE, ...COMPANY, email: `f${count++}@example.com`, ...fields }, extra);
const user = (fields, extra = {}) => post('/update-user', fields, { jar: 'a', ...extra });
const session = (fields, extra = {}) => post('/update-session', fields, { jar: 'a', ...extra });
const member = signUp({ ...ALICE, ...COMPANY }, 'a');

/** Values of each field: of its type, and of others that no database refuses. */
const values = {
  nickname: ['Al', '', 'Zoë 🦀', 'x'.repeat(5000), null],
  company: ['', 'x'],
  plan: ['pro', '', null],
  role: ['admin', '', null, false, 0],
  score: [1, 0, null],
  secretNote: ['hidden', null],
  age: [0, 42, -1, null],
  newsletter: [true, false, null],
  born: ['2000-01-02T03:04:05.678Z', null],
  tags: [['a', 'b'], [], null],
  unknown: ['x'],
};
const each = (call) => Object.entries(values).flatMap(([field, list]) => list.map((value) => call({ [field]: value })));

export default [
  {
    name: 'a user with additional fields',
    configuration: 'additional fields',
    steps: [member, get('/get-session', { jar: 'a' }), signIn(ALICE, 'a')],
  },
  {
    name: 'a field that is required',
    configuration: 'additional fields',
    steps: [
      post('/sign-up/email', ALICE),
      post('/sign-up/email', { ...ALICE, company: null }),
      post('/sign-up/email', { ...ALICE, company: undefined, age: 1 }),
      post('/sign-up/email', { name: 'A', company: 'x' }),
    ],
  },
  { name: 'fields at sign-up', configuration: 'additional fields', steps: each((fields) => up(fields)) },
  {
    name: 'fields in a form',
    configuration: 'additional fields',
    steps: [
      postForm('/sign-up/email', { ...ALICE, ...COMPANY, nickname: 'Al' }),
      postForm('/sign-up/email', { ...ALICE, email: 'b@example.com' }),
    ],
  },
  {
    name: 'several fields at once',
    configuration: 'additional fields',
    steps: [
      up(
        { nickname: 'Al', age: 1, newsletter: true, born: '2000-01-01T00:00:00.000Z', tags: ['x'], secretNote: 's' },
        { jar: 'b' },
      ),
      get('/get-session', { jar: 'b' }),
      up({ nickname: 'Al', role: 'admin' }),
    ],
  },
  {
    name: 'fields in an update',
    configuration: 'additional fields',
    steps: [member, ...each((fields) => user(fields)), get('/get-session', { jar: 'a' })],
  },
  {
    name: 'an update of several fields',
    configuration: 'additional fields',
    steps: [
      member,
      user({ name: 'B', nickname: 'Al', age: 7, tags: ['x'] }),
      rows(),
      user({ nickname: 'C', role: 'admin' }),
      rows('unchanged'),
      get('/get-session', { jar: 'a' }),
    ],
  },
  {
    name: 'fields of a session',
    configuration: 'additional fields',
    steps: [
      member,
      get('/list-sessions', { jar: 'a' }),
      ...[
        { theme: 'dark' },
        { theme: '' },
        { theme: null },
        { theme: 'Zoë 🦀', unknown: 1 },
        { device: 'phone' },
        { device: null },
        { level: 1 },
        { level: 0 },
        { level: null },
        { hidden: 'x' },
        { unknown: 1 },
        { token: 'x' },
        { userId: 'x', expiresAt: '2030-01-01T00:00:00.000Z' },
        { theme: 'a', level: 2 },
        {},
        [],
        null,
        'text',
      ].map((fields) => session(fields)),
      get('/get-session', { jar: 'a' }),
      get('/list-sessions', { jar: 'a' }),
      signIn(ALICE, 'b'),
    ],
  },
  {
    name: 'a session’s fields without additional ones',
    configuration: 'default',
    steps: [signUp(ALICE, 'a'), session({ theme: 'dark' }), session({})],
  },
  {
    name: 'a second sign-up looks like the first, in every field',
    configuration: 'additional fields, verified addresses only',
    steps: [
      post('/sign-up/email', { ...ALICE, ...COMPANY }),
      post('/sign-up/email', { ...ALICE, ...COMPANY }),
      post('/sign-up/email', { ...ALICE, ...COMPANY, email: 'b@example.com', nickname: 'B', age: 3, secretNote: 's' }),
      post('/sign-up/email', { ...ALICE, ...COMPANY, nickname: 'B', age: 3, secretNote: 's' }),
      post('/sign-up/email', ALICE),
      post('/sign-up/email', { ...ALICE, ...COMPANY, role: 'admin' }),
    ],
  },
];
