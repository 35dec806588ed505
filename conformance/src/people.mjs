// The people of the scenarios.

import { post } from './steps.mjs';

export const ALICE = { name: 'Alice', email: 'alice@example.com', password: 'correct horse' };
export const BOB = { name: 'Bob', email: 'bob@example.com', password: 'battery staple' };

/** What a person signs in with. */
export const credentials = ({ email, password }) => ({ email, password });

/** Signs a person up and keeps the cookies in `jar`. */
export const signUp = (person, jar, extra = {}) =>
  post('/sign-up/email', person, { name: `${person.name} signs up`, jar, ...extra });

/** Signs a person in and keeps the cookies in `jar`. */
export const signIn = (person, jar, extra = {}) =>
  post('/sign-in/email', credentials(person), { name: `${person.name} signs in`, jar, ...extra });
