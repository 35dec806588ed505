// How a body is read: content types, JSON, forms.

import { ALICE, credentials, signUp } from '../src/people.mjs';
import { postForm, postRaw, request } from '../src/steps.mjs';

const JSON_TYPE = 'application/json';
const good = JSON.stringify(credentials(ALICE));
const form = new URLSearchParams(credentials(ALICE)).toString();

/** Content types of a JSON body, allowed and refused. */
const types = [
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/json;',
  ' application/json',
  'application/json ; charset=latin1',
  'text/plain',
  'text/html; charset=utf-8',
  'application/vnd.api+json',
  'application/ld+json',
  'application/xml',
  'application/octet-stream',
  'multipart/form-data; boundary=XyZ',
  'application/jsonp',
  'application/json, text/plain',
  'json',
  '*/*',
  'text/json',
  'image/png',
  '',
];

const malformed = [
  '{',
  '',
  ' ',
  '{"email":}',
  "{'email':'a'}",
  '{"email":"a@b.co",}',
  'nothing',
  'undefined',
  '{"email":"\u0000"}',
  '\uFEFF{}',
  '{}{}',
  '[',
  '"',
  'NaN',
  '{"email":"a@b.co","email":"c@d.co","password":"long enough"}',
  '{"__proto__":{"email":"a@b.co"}}',
  '// c\n{}',
];

const notObjects = ['null', '[]', '[{"email":"a@b.co","password":"long enough"}]', '"text"', '1', 'true', '{}'];

export default [
  {
    name: 'content types of sign-in',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      ...types.map((type) => postRaw('/sign-in/email', good, type)),
      postRaw('/sign-in/email', good, undefined),
    ],
  },
  {
    name: 'content types of an endpoint that takes JSON only',
    configuration: 'default',
    steps: [
      ...[
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=XyZ',
        'application/json; charset=utf-8',
      ].map((type) => postRaw('/update-user', '{"name":"A"}', type)),
      postRaw('/sign-out', 'callbackURL=%2Fbye', 'application/x-www-form-urlencoded'),
      postRaw('/sign-out', 'anything', 'text/plain'),
      postRaw('/get-session', 'anything', 'text/plain'),
      postRaw('/nowhere', 'anything', 'text/plain'),
    ],
  },
  {
    name: 'malformed JSON',
    configuration: 'default',
    steps: malformed.map((body) => postRaw('/sign-in/email', body, JSON_TYPE)),
  },
  {
    name: 'half a surrogate pair in JSON',
    configuration: 'default',
    steps: [postRaw('/sign-in/email', '{"email":"\\ud800","password":"long enough"}', JSON_TYPE)],
  },
  {
    name: 'JSON that is no object',
    configuration: 'default',
    steps: ['/sign-in/email', '/sign-up/email', '/sign-out', '/update-user', '/revoke-session'].flatMap((path) =>
      notObjects.map((body) => postRaw(path, body, JSON_TYPE)),
    ),
  },
  {
    name: 'bytes that are no UTF-8',
    configuration: 'default',
    steps: [
      postRaw('/sign-in/email', Buffer.from([0x7b, 0xff, 0x7d]), JSON_TYPE),
      postRaw('/sign-in/email', Buffer.from('{"email":"a@b.co","password":"abc\xe9defgh"}', 'latin1'), JSON_TYPE),
    ],
  },
  {
    name: 'no body',
    configuration: 'default',
    steps: [
      '/sign-in/email',
      '/sign-up/email',
      '/sign-out',
      '/update-user',
      '/change-password',
      '/revoke-sessions',
    ].flatMap((path) => [
      request('POST', path, { name: `POST ${path} without a body` }),
      request('POST', path, { name: `POST ${path} with a content type and no body`, contentType: JSON_TYPE }),
      request('POST', path, {
        name: `POST ${path} with Content-Length: 0`,
        contentType: JSON_TYPE,
        headers: [['Content-Length', '0']],
      }),
      request('POST', path, {
        name: `POST ${path} with an empty chunked body`,
        contentType: JSON_TYPE,
        body: '',
        chunked: true,
      }),
    ]),
  },
  {
    name: 'a chunked body',
    configuration: 'default',
    steps: [
      signUp(ALICE),
      postRaw('/sign-in/email', good, JSON_TYPE, { chunked: true }),
      postRaw('/sign-in/email', good, 'text/plain', { chunked: true }),
      postRaw('/sign-in/email', good, undefined, { chunked: true }),
    ],
  },
  {
    name: 'forms',
    configuration: 'default',
    steps: [
      postForm('/sign-up/email', ALICE),
      postForm('/sign-in/email', credentials(ALICE)),
      postForm('/sign-in/email', { ...credentials(ALICE), callbackURL: '/welcome' }),
      postForm('/sign-in/email', { ...credentials(ALICE), rememberMe: 'false' }),
      postForm('/sign-up/email', { ...ALICE, email: 'second@example.com', rememberMe: 'true' }),
      postForm('/sign-up/email', {
        ...ALICE,
        email: 'third@example.com',
        image: 'https://img.example/a.png',
        unknown: 'x',
      }),
      postForm('/sign-in/email', {}),
      postForm('/sign-in/email', { email: ALICE.email }),
      postRaw('/sign-in/email', form, 'application/x-www-form-urlencoded; charset=UTF-8'),
      postRaw('/sign-in/email', form, 'APPLICATION/X-WWW-FORM-URLENCODED'),
      postRaw('/sign-in/email', `email=wrong%40example.com&${form}`, 'application/x-www-form-urlencoded'),
      postRaw(
        '/sign-in/email',
        'email=alice%40example.com&password=correct+horse',
        'application/x-www-form-urlencoded',
      ),
      postRaw(
        '/sign-in/email',
        'email=alice%40example.com&password=correct%zzhorse',
        'application/x-www-form-urlencoded',
      ),
      postRaw('/sign-in/email', 'email&password', 'application/x-www-form-urlencoded'),
      postRaw('/sign-in/email', '&&=&', 'application/x-www-form-urlencoded'),
      postRaw('/sign-in/email', good, 'application/x-www-form-urlencoded'),
      postRaw('/sign-in/email', form, JSON_TYPE),
    ],
  },
];
