// Where a request may redirect to.

import { ALICE, credentials, signUp } from '../src/people.mjs';
import { post } from '../src/steps.mjs';

const urls = [
  '/ok', '/ok?a=b#c', '/a/../b', '/a:b', 'https://a.example.com/x', 'https://a.b.example.com/x', 'myapp://cb', 'myapp:cb', '', '/', '/?x=//evil.example', '/#//evil.example', '/a//b', '/x?y=%2f%2fevil', '/%41', '/ümlaut',
  'http://localhost:8100/welcome', 'http://localhost:8100', 'http://LOCALHOST:8100/x', 'http://localhost:9/x', 'https://app.example/deep/path?x=1#y', 'exp://host/path', 'exp://host/path/deep', 'exp://host/other', 'https://app.example?x',
  'https://example.com', 'http://a.example.com', 'https://evil.example/.example.com', 'https://evil.example?x=.example.com', 'https://evil.example#.example.com', 'https://a.example.com.evil.example', 'https://a.example.com@evil.example/', 'https://app.example@evil.example', 'https://app.example:pw@evil.example', 'otherapp://x',
  '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/%5cevil.example', '/%2fevil.example', '/%2Fevil.example', '/ok%2fx', '/ok%5Cx', 'javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://app.example/x', 'http://localhost:8100.evil.example', 'relative', 'relative/path', './x', '../x',
  '/\tevil', '/\nevil', '/\revil', '/\u0000evil', '/\u0085evil', '/ok\u007f', ' /ok', '/ok ', ' https://app.example', 'https:/app.example', 'https:app.example', 'https:\\\\app.example', 'https://app.example\\@evil.example', 'https://app\u3002example', 'http:evil.example', 'https://', 'http://[::1]:8100', 'https://app.example.', 'x'.repeat(3000), `/${'x'.repeat(3000)}`,
];

const fields = ['redirectTo', 'errorCallbackURL', 'newUserCallbackURL'];

export default [
  { name: 'callback URLs of a sign-in', configuration: 'trusted origins', steps: [signUp(ALICE), ...urls.map((callbackURL) => post('/sign-in/email', { ...credentials(ALICE), callbackURL }))] },
  {
    name: 'the other URL fields of a body, on every endpoint',
    configuration: 'default',
    steps: [
      signUp(ALICE), ...fields.flatMap((field) => ['https://evil.example', '/ok', '', 1, ['/ok'], { a: 1 }, true, null, 0].map((value) => post('/sign-in/email', { ...credentials(ALICE), [field]: value }))),
      ...[1, ['/ok'], ['https://evil.example'], { a: 1 }, true, false, 0, null].map((callbackURL) => post('/sign-out', { callbackURL }, { name: `POST /sign-out callbackURL ${JSON.stringify(callbackURL)}` })),
      post('/update-user', { callbackURL: 'https://evil.example' }), post('/revoke-sessions', { callbackURL: 'https://evil.example' }), post('/update-user', { redirectTo: 'https://evil.example', errorCallbackURL: 'https://evil.example' }),
      post('/sign-out?callbackURL=https://evil.example', {}), post('/sign-out?callbackURL=/a&callbackURL=/b', {}), post('/sign-out?callbackURL=', {}), post('/sign-out?callbackURL=https://evil.example', { callbackURL: '/ok' }), post('/sign-out?redirectTo=https://evil.example', {}),
      post('/sign-out?callbackURL=https://evil.example', undefined), post('/get-session', { callbackURL: 'https://evil.example' }), post('/get-session?callbackURL=https://evil.example', {}),
    ],
  },
];
