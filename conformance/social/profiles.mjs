// What each service says of a user, in the shapes that better-auth's types describe. `answers` are those of the
// service's API, in the order in which they are asked for; `claims` are those of the id token, `user` is what Apple
// posts beside the code.

const alice = { name: 'Alice Example', email: 'alice@example.com', picture: 'https://img.example/alice.png' };
const oidc = { sub: 'sub-1', ...alice, email_verified: true };
const twitterEmail = { data: { id: '1234567890', confirmed_email: 'alice@example.com' } };

/** The profiles of each service: `{name: {answers?, claims?, user?, tokens?}}`. */
export const PROFILES = {
  apple: {
    'first sign-in': {
      claims: { sub: '001.abc', email: alice.email, email_verified: 'true', is_private_email: 'false' },
      user: { name: { firstName: 'Alice', lastName: 'Example' }, email: alice.email },
    },
    'later sign-in': { claims: { sub: '001.abc', email: alice.email, email_verified: true } },
    'first name only': { claims: { sub: '001.abc', email: alice.email }, user: { name: { firstName: 'Alice' } } },
    'no id token': {},
  },
  atlassian: {
    user: {
      answers: [{ account_id: '5b10', account_type: 'atlassian', ...alice, nickname: 'al', locale: 'en-US' }],
    },
    refused: { answers: [{ status: 401, body: { message: 'no' } }] },
  },
  cloudflare: {
    user: {
      answers: [
        {
          success: true,
          errors: [],
          messages: [],
          result: { id: 'cf1', email: alice.email, first_name: 'Alice', last_name: null, username: 'al' },
        },
      ],
    },
    'no name': { answers: [{ success: true, result: { id: 'cf1', email: alice.email } }] },
    failed: { answers: [{ success: false, errors: [{ code: 1 }], result: null }] },
  },
  cognito: {
    'id token': { claims: { ...oidc, 'cognito:username': 'alice' } },
    'id token without a name': { claims: { sub: 's', given_name: 'Alice', email: alice.email, email_verified: false } },
    'user info': { answers: [{ sub: 's', username: 'alice', email: alice.email, email_verified: 'true' }] },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  discord: {
    user: {
      answers: [
        {
          id: '80351110224678912',
          username: 'alice',
          discriminator: '0',
          global_name: 'Alice',
          avatar: '8342729096ea3675442027381ff50dfe',
          verified: true,
          email: alice.email,
        },
      ],
    },
    'animated avatar': {
      answers: [{ id: '1', username: 'alice', discriminator: '0', global_name: null, avatar: 'a_1', verified: false }],
    },
    'no avatar': {
      answers: [
        { id: '80351110224678912', username: 'alice', discriminator: '0', avatar: null, verified: true, email: 'a@b.co' },
      ],
    },
    'no avatar, discriminator': {
      answers: [{ id: '80351110224678912', username: 'alice', discriminator: '1337', avatar: null, verified: true }],
    },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  dropbox: {
    user: {
      answers: [
        {
          account_id: 'dbid:AAH',
          name: { given_name: 'Alice', surname: 'Example', display_name: 'Alice Example' },
          email: alice.email,
          email_verified: true,
          profile_photo_url: alice.picture,
        },
      ],
    },
    'no name': { answers: [{ account_id: 'dbid:AAH', email: alice.email }] },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  facebook: {
    user: {
      answers: [
        { data: { app_id: 'client-id', is_valid: true, user_id: '1000' } },
        { id: '1000', name: alice.name, email: alice.email, picture: { data: { url: alice.picture, is_silhouette: false } } },
      ],
    },
    'token of another app': { answers: [{ data: { app_id: 'other', is_valid: true, user_id: '1000' } }] },
    'token that is not valid': { answers: [{ data: { app_id: 'client-id', is_valid: false, user_id: '1000' } }] },
    'profile of another user': {
      answers: [
        { data: { app_id: 'client-id', is_valid: true, user_id: '1000' } },
        { id: '2000', name: alice.name, picture: { data: { url: alice.picture } } },
      ],
    },
    'limited login': { claims: { ...oidc, sub: '1000' } },
  },
  figma: { user: { answers: [{ id: 'fig1', email: alice.email, handle: 'alice', img_url: alice.picture }] } },
  github: {
    'public email': {
      answers: [
        { id: 583231, login: 'alice', name: 'Alice', email: alice.email, avatar_url: alice.picture },
        [
          { email: 'other@example.com', primary: true, verified: true, visibility: 'private' },
          { email: alice.email, primary: false, verified: true, visibility: 'public' },
        ],
      ],
    },
    'private email': {
      answers: [
        { id: 583231, login: 'alice', name: null, email: null, avatar_url: alice.picture },
        [
          { email: 'other@example.com', primary: false, verified: true },
          { email: alice.email, primary: true, verified: false },
        ],
      ],
    },
    'no primary email': {
      answers: [
        { id: 1, login: 'alice', name: '', email: '' },
        [{ email: 'first@example.com', primary: false, verified: true }],
      ],
    },
    'no list of emails': {
      answers: [{ id: 1, login: 'alice', email: alice.email }, { status: 404, body: { message: 'Not Found' } }],
    },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  gitlab: {
    user: {
      answers: [
        { id: 42, username: 'alice', name: alice.name, state: 'active', locked: false, email: alice.email, avatar_url: alice.picture, email_verified: true },
      ],
    },
    'no name': { answers: [{ id: 42, username: 'alice', name: null, state: 'active', email: alice.email }] },
    blocked: { answers: [{ id: 42, username: 'alice', state: 'blocked', email: alice.email }] },
    locked: { answers: [{ id: 42, username: 'alice', state: 'active', locked: true, email: alice.email }] },
  },
  google: {
    user: { claims: { ...oidc, iss: 'https://accounts.google.com', aud: 'client-id' } },
    'unverified email': { claims: { ...oidc, email_verified: false } },
    'no id token': {},
  },
  huggingface: {
    user: { answers: [{ ...oidc, preferred_username: 'alice' }] },
    'user name only': { answers: [{ sub: 's', name: '', preferred_username: 'alice', email: alice.email }] },
  },
  kakao: {
    user: {
      answers: [
        {
          id: 123456789,
          kakao_account: {
            profile: { nickname: 'Alice', profile_image_url: alice.picture, thumbnail_image_url: 'https://t' },
            email: alice.email,
            is_email_valid: true,
            is_email_verified: true,
          },
        },
      ],
    },
    'valid, not verified': {
      answers: [{ id: 1, kakao_account: { name: 'A', email: 'a@b.co', is_email_valid: true, is_email_verified: false } }],
    },
    'no account': { answers: [{ id: 1 }] },
    thumbnail: { answers: [{ id: 1, kakao_account: { profile: { thumbnail_image_url: 'https://t' } } }] },
  },
  kick: { user: { answers: [{ data: [{ user_id: 77, name: 'alice', email: alice.email, profile_picture: alice.picture }] }] } },
  line: {
    'id token': { claims: { ...oidc } },
    'user info': { answers: [{ sub: 'U1', name: 'Alice', picture: alice.picture }] },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  linear: {
    user: {
      answers: [{ data: { viewer: { id: 'lin1', name: 'Alice', email: alice.email, avatarUrl: alice.picture, active: true } } }],
    },
    'no viewer': { answers: [{ errors: [{ message: 'no' }] }] },
  },
  linkedin: { user: { answers: [{ ...oidc, given_name: 'Alice', family_name: 'Example' }] } },
  microsoft: {
    'photo refused': {
      claims: { ...oidc, oid: 'oid-1', tid: 'tenant', email_verified: undefined },
      answers: [{ status: 404, body: {} }],
    },
    'photo of the directory': { claims: { ...oidc, oid: 'oid-1' }, answers: [{ bytes: 'jpeg bytes' }] },
    'verified primary address': {
      claims: { sub: 's', oid: 'oid-1', name: 'A', email: alice.email, verified_primary_email: [alice.email] },
      answers: [{ status: 404, body: {} }],
    },
    'verified secondary address': {
      claims: { sub: 's', oid: 'oid-1', email: alice.email, verified_secondary_email: [alice.email] },
      answers: [{ status: 404, body: {} }],
    },
    'email_verified as text': {
      claims: { sub: 's', oid: 'oid-1', email: alice.email, email_verified: 'true' },
      answers: [{ status: 404, body: {} }],
    },
    'no oid': { claims: { sub: 's', email: alice.email } },
    'blank oid': { claims: { sub: 's', oid: ' ', email: alice.email } },
  },
  naver: {
    user: {
      answers: [
        { resultcode: '00', message: 'success', response: { id: 'nav1', name: 'Alice', nickname: 'al', email: alice.email, profile_image: alice.picture } },
      ],
    },
    nickname: { answers: [{ resultcode: '00', response: { id: 'nav1', nickname: 'al', email: alice.email } }] },
    failed: { answers: [{ resultcode: '024', message: 'Authentication failed' }] },
  },
  notion: {
    user: {
      answers: [
        { object: 'user', id: 'bot1', bot: { owner: { type: 'user', user: { id: 'n1', name: 'Alice', avatar_url: alice.picture, person: { email: alice.email } } } } },
      ],
    },
    'no email': { answers: [{ bot: { owner: { user: { id: 'n1', name: null, avatar_url: null } } } }] },
    'a workspace': { answers: [{ bot: { owner: { type: 'workspace', workspace: true } } }] },
  },
  paybin: {
    user: { claims: oidc },
    'user name': { claims: { sub: 's', preferred_username: 'alice', email: alice.email } },
    'no id token': {},
  },
  paypal: {
    user: { answers: [{ user_id: 'https://www.paypal.com/webapps/auth/identity/user/x', ...alice, email_verified: true }] },
    'id token of the same user': { claims: { sub: 'u1' }, answers: [{ user_id: 'u1', ...alice, email_verified: 'true' }] },
    'id token of another user': { claims: { sub: 'u2' }, answers: [{ user_id: 'u1', sub: 'u1', ...alice }] },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  polar: {
    user: { answers: [{ id: 'p1', email: alice.email, username: 'alice', avatar_url: alice.picture, public_name: 'Alice', email_verified: true }] },
    'user name': { answers: [{ id: 'p1', email: alice.email, username: 'alice', public_name: '' }] },
  },
  railway: { user: { answers: [{ ...oidc }] } },
  reddit: {
    user: { answers: [{ id: 'red1', name: 'alice', icon_img: `${alice.picture}?width=256&s=1`, has_verified_email: true, oauth_client_id: 'x', verified: true }] },
    'no picture': { answers: [{ id: 'red1', name: 'alice' }] },
    refused: { answers: [{ status: 403, body: {} }] },
  },
  roblox: {
    user: { answers: [{ sub: '1516563360', preferred_username: 'alice', nickname: 'Al', name: 'x', picture: alice.picture }] },
    'user name': { answers: [{ sub: '1516563360', preferred_username: 'alice', picture: null }] },
  },
  salesforce: {
    user: {
      answers: [{ sub: 'https://login.salesforce.com/id/1/2', user_id: '005', organization_id: '1', ...alice, email_verified: true, photos: { picture: alice.picture, thumbnail: 'https://t' } }],
    },
    thumbnail: { answers: [{ user_id: '005', name: 'A', email: alice.email, photos: { thumbnail: 'https://t' } }] },
    'no photos': { answers: [{ user_id: '005', name: 'A', email: alice.email }] },
  },
  slack: {
    user: { answers: [{ ok: true, ...oidc, 'https://slack.com/user_id': 'U0R7', 'https://slack.com/user_image_512': 'https://512' }] },
    'no picture': { answers: [{ ok: true, 'https://slack.com/user_id': 'U0R7', email: alice.email, email_verified: false, 'https://slack.com/user_image_512': 'https://512' }] },
    refused: { answers: [{ ok: false, error: 'invalid_auth' }] },
  },
  spotify: {
    user: { answers: [{ id: 'spot1', display_name: 'Alice', email: alice.email, images: [{ url: alice.picture }] }] },
    'no image': { answers: [{ id: 'spot1', display_name: 'Alice', email: alice.email, images: [] }] },
  },
  tiktok: {
    user: { answers: [{ data: { user: { open_id: 'Ope_1', display_name: 'Alice', username: 'al', avatar_large_url: alice.picture } }, error: { code: 'ok' } }] },
    email: { answers: [{ data: { user: { open_id: 'o1', username: 'al', email: alice.email } } }] },
  },
  twitch: {
    user: { claims: { ...oidc, preferred_username: 'alice' } },
    'no id token': {},
  },
  twitter: {
    'confirmed email': {
      answers: [{ data: { id: '1234567890', name: 'Alice', username: 'alice', profile_image_url: alice.picture } }, twitterEmail],
    },
    'no email': {
      answers: [{ data: { id: '1234567890', name: 'Alice', username: 'alice' } }, { data: { id: '1234567890' } }],
    },
    'email refused': {
      answers: [{ data: { id: '1234567890', name: 'Alice', username: 'alice' } }, { status: 403, body: {} }],
    },
    refused: { answers: [{ status: 401, body: {} }] },
  },
  vercel: {
    user: { answers: [{ ...oidc, preferred_username: 'alice' }] },
    'user name': { answers: [{ sub: 's', preferred_username: 'alice', email: alice.email }] },
    'empty name': { answers: [{ sub: 's', name: '', preferred_username: 'alice', email: alice.email }] },
  },
  vk: {
    user: {
      answers: [
        { user: { user_id: '1234567890', first_name: 'Alice', last_name: 'Example', email: alice.email, avatar: alice.picture, sex: 1, birthday: '01.01.2000' } },
      ],
    },
    'no email': { answers: [{ user: { user_id: '1', first_name: 'Alice', last_name: 'Example' } }] },
  },
  wechat: {
    user: {
      tokens: { openid: 'oMgHVjng', unionid: 'union1' },
      answers: [{ openid: 'oMgHVjng', unionid: 'union1', nickname: 'Alice', headimgurl: alice.picture, privilege: [] }],
    },
    'no union': { tokens: { openid: 'oMgHVjng' }, answers: [{ openid: 'oMgHVjng', nickname: 'Alice' }] },
    'no open id': {},
    failed: { tokens: { openid: 'oMgHVjng' }, answers: [{ errcode: 40003, errmsg: 'invalid openid' }] },
  },
  zoom: {
    user: { answers: [{ id: 'KDcuGIm1', first_name: 'Alice', last_name: 'E', display_name: 'Alice E', email: alice.email, pic_url: alice.picture, verified: 1 }] },
    unverified: { answers: [{ id: 'KDcuGIm1', display_name: 'Alice E', email: alice.email, verified: 0 }] },
  },
};
