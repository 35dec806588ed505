// Shapes of profiles, after the documentation of each service: what the presets of genericOAuth make of them.

const MICROSOFT = { oid: 'object-id', sub: 'pairwise', name: 'Ann Lee', email: 'ann@example.com', email_verified: true };
const without = (value, ...names) => Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

const YANDEX = {
  id: '1000034426',
  login: 'ivan',
  display_name: 'Ivan',
  real_name: 'Ivan Ivanov',
  first_name: 'Ivan',
  default_email: 'ivan@yandex.example',
  emails: ['ivan@yandex.example', 'other@yandex.example'],
  default_avatar_id: '131652443',
  is_avatar_empty: false,
};
const HUBSPOT = { user: 'ann@example.com', user_id: 42, hub_id: 7, signed_access_token: { userId: 43 } };
const GUMROAD = {
  success: true,
  user: { user_id: 'G_1', name: 'Ann', email: 'ann@example.com', profile_url: 'https://gumroad.example/ann.png' },
};

/** By preset: the name of better-auth's helper, and what it is answered in each case. */
export const PRESETS = {
  gumroad: {
    helper: 'gumroad',
    profiles: {
      'a profile': { answers: [GUMROAD] },
      'no success': { answers: [{ ...GUMROAD, success: false }] },
      refused: { answers: [{ status: 401, body: {} }] },
    },
  },
  hubspot: {
    helper: 'hubspot',
    profiles: {
      'a profile': { answers: [HUBSPOT] },
      'the id in the token': { answers: [without(HUBSPOT, 'user_id')] },
      'no id': { answers: [without(HUBSPOT, 'user_id', 'signed_access_token')] },
      refused: { answers: [{ status: 401, body: {} }] },
      'no access token': { tokens: { accessToken: undefined } },
    },
  },
  'microsoft-entra-id': {
    helper: 'microsoftEntraId',
    profiles: {
      'the id token and the directory': {
        claims: MICROSOFT,
        answers: [{ sub: 'pairwise', picture: 'https://graph.example/photo', email: 'other@example.com' }],
      },
      'the id token alone': { claims: MICROSOFT, tokens: { accessToken: undefined } },
      'the directory refuses': { claims: MICROSOFT, answers: [{ status: 403, body: {} }] },
      'the directory tells of somebody else': { claims: MICROSOFT, answers: [{ sub: 'other', picture: 'https://x.example' }] },
      'the address out of the directory': {
        claims: without(MICROSOFT, 'email', 'email_verified'),
        answers: [{ sub: 'pairwise', email: 'dir@example.com', email_verified: true }],
      },
      'an address that is not verified': {
        claims: { ...MICROSOFT, email_verified: false },
        answers: [{ sub: 'pairwise', email_verified: true }],
      },
      'an address of which nobody says whether it is verified': {
        claims: without(MICROSOFT, 'email_verified'),
        answers: [{ sub: 'pairwise' }],
      },
      'no address': { claims: without(MICROSOFT, 'email'), answers: [{ sub: 'pairwise' }] },
      'a name in parts': {
        claims: { ...without(MICROSOFT, 'name'), given_name: 'Ann', family_name: 'Lee' },
        answers: [{ sub: 'pairwise' }],
      },
      'a name in the old parts': {
        claims: without(MICROSOFT, 'name'),
        answers: [{ sub: 'pairwise', givenname: 'Ann', familyname: 'Lee' }],
      },
      'no name': { claims: without(MICROSOFT, 'name'), answers: [{ sub: 'pairwise' }] },
      'no object id': { claims: without(MICROSOFT, 'oid') },
      'no subject': { claims: without(MICROSOFT, 'sub'), answers: [{ picture: 'https://x.example' }] },
      'no id token': {},
    },
  },
  yandex: {
    helper: 'yandex',
    profiles: {
      'a profile': { answers: [YANDEX] },
      'no picture': { answers: [{ ...YANDEX, is_avatar_empty: true }] },
      'no id of a picture': { answers: [without(YANDEX, 'default_avatar_id')] },
      'another address': { answers: [without(YANDEX, 'default_email')] },
      'no address': { answers: [without(YANDEX, 'default_email', 'emails')] },
      'the real name': { answers: [without(YANDEX, 'display_name')] },
      'the first name': { answers: [without(YANDEX, 'display_name', 'real_name')] },
      'the login': { answers: [without(YANDEX, 'display_name', 'real_name', 'first_name')] },
      'no id': { answers: [without(YANDEX, 'id')] },
      refused: { answers: [{ status: 401, body: {} }] },
    },
  },
};
