import { createAuthClient } from 'better-auth/vue';
import { AUTH_URL } from '../../common/config.mjs';

export const auth = createAuthClient({ baseURL: AUTH_URL });
