// What a user does in a browser, from creating an account to deleting it. Both frontends have the same words, so one
// script drives both, and both servers.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { linkOf } from './mail.mjs';

const ALICE = { name: 'Alice', email: 'alice@example.com', password: 'correct horse' };
const NEW_PASSWORD = 'battery staple';
/** How long a page may take to show what came of a click, in milliseconds. */
const PAGE_LIMIT = 10_000;

/**
 * Runs the journey. `step(name, run)` runs one part of it; `page` is Playwright's, `server` has `baseURL`, `mailed` and
 * `relay`, `origin` is that of the frontend.
 */
export async function journey(step, { page, server, origin }) {
  const shop = new Shop(page, server, origin);
  for (const [name, run] of Object.entries(PARTS)) await step(name, () => run(shop));
}

const PARTS = {
  'a wrong password is refused': async (shop) => {
    await shop.open('/');
    await shop.heading('Sign in');
    await shop.signIn(ALICE.email, 'wrong password');
    await shop.alert('INVALID_EMAIL_OR_PASSWORD');
  },
  'creating an account sends a mail': async (shop) => {
    await shop.click('Create an account');
    await shop.fill({ Name: ALICE.name, Email: ALICE.email, Password: ALICE.password });
    await shop.click('Create account');
    await shop.status('Check your mail');
  },
  'before the mail is followed nobody signs in': async (shop) => {
    await shop.signIn(ALICE.email, ALICE.password);
    await shop.alert('EMAIL_NOT_VERIFIED');
  },
  'the link in the mail verifies the address and signs in': async (shop) => {
    await shop.follow(ALICE.email, '/verify-email');
    await shop.at('/');
    await shop.heading(`Hello, ${ALICE.name}`);
    await shop.sees('verified');
    assert.deepEqual(await shop.methods(1), ['Password']);
  },
  'the session lasts over a reload': async (shop) => {
    await shop.page.reload();
    await shop.heading(`Hello, ${ALICE.name}`);
  },
  'a new name shows at once': async (shop) => {
    await shop.fill({ Name: 'Alicia' });
    await shop.click('Save');
    await shop.status('Saved.');
    await shop.heading('Hello, Alicia');
  },
  'signing out': async (shop) => {
    await shop.click('Sign out');
    await shop.heading('Sign in');
    await shop.page.reload();
    await shop.heading('Sign in');
  },
  'a forgotten password is replaced by a link in a mail': async (shop) => {
    await shop.click('Forgot your password?');
    await shop.fill({ Email: ALICE.email });
    await shop.click('Send the link');
    await shop.status('a link is on its way');
    await shop.follow(ALICE.email, '/reset-password/');
    await shop.at('/reset');
    await shop.fill({ 'New password': NEW_PASSWORD });
    await shop.click('Save password');
    await shop.status('Your password is changed');
  },
  'the old password no longer signs in': async (shop) => {
    await shop.signIn(ALICE.email, ALICE.password);
    await shop.alert('INVALID_EMAIL_OR_PASSWORD');
  },
  'the new password signs in': async (shop) => {
    await shop.signIn(ALICE.email, NEW_PASSWORD);
    await shop.heading('Hello, Alicia');
  },
  'an identity provider is linked': async (shop) => {
    await shop.click('Link Example ID');
    assert.deepEqual(await shop.methods(2), ['Example ID', 'Password']);
    await shop.at('/');
  },
  'the identity provider signs the same user in': async (shop) => {
    await shop.click('Sign out');
    await shop.heading('Sign in');
    await shop.click('Continue with Example ID');
    await shop.heading('Hello, Alicia');
  },
  'an identity provider is unlinked': async (shop) => {
    await shop.methods(2);
    await shop.click('Unlink');
    assert.deepEqual(await shop.methods(1), ['Password']);
  },
  'a link in a mail deletes the account': async (shop) => {
    await shop.click('Delete account');
    await shop.status('the link in it deletes your account');
    await shop.follow(ALICE.email, '/delete-user/callback');
    await shop.at('/goodbye');
    await shop.heading('Your account is deleted');
  },
  'nobody is signed in any more': async (shop) => {
    await shop.click('To the shop');
    await shop.heading('Sign in');
    await shop.signIn(ALICE.email, NEW_PASSWORD);
    await shop.alert('INVALID_EMAIL_OR_PASSWORD');
  },
  'the identity provider makes a new account': async (shop) => {
    await shop.click('Continue with Example ID');
    await shop.heading('Hello, Alice Example');
    await shop.sees('verified');
    assert.deepEqual(await shop.methods(1), ['Example ID']);
  },
};

/** The shop as a user sees it: by headings, labels and buttons. */
class Shop {
  #server;
  #origin;

  constructor(page, server, origin) {
    this.page = page;
    this.#server = server;
    this.#origin = origin;
    page.setDefaultTimeout(PAGE_LIMIT);
  }

  open = (path) => this.page.goto(this.#origin + path);
  click = (name) => this.page.getByRole('button', { name, exact: true }).click();
  heading = (name) => this.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
  sees = (text) => this.page.getByText(text, { exact: true }).waitFor();
  status = (text) => this.page.getByRole('status').filter({ hasText: text }).waitFor();
  at = (path) => this.page.waitForURL(({ origin, pathname }) => origin === this.#origin && pathname === path);

  async fill(values) {
    for (const [label, value] of Object.entries(values)) await this.page.getByLabel(label, { exact: true }).fill(value);
  }

  async signIn(email, password) {
    await this.fill({ Email: email, Password: password });
    await this.click('Sign in');
  }

  /** The code of the error that shows. */
  async alert(code) {
    await this.page.locator(`[role=alert][data-code=${code}]`).waitFor();
  }

  /** The ways to sign in, once there are so many. */
  async methods(count) {
    const items = this.page.locator('li');
    await items.nth(count - 1).waitFor();
    await items.nth(count).waitFor({ state: 'detached' });
    const texts = await items.allInnerTexts();
    return texts.map((text) => text.replace('Unlink', '').trim()).sort();
  }

  /** Opens the link in the latest mail to the address, which leads to that path of the API. */
  async follow(address, path) {
    await this.#server.mailed();
    const link = await this.#latestLink(address);
    assert.ok(link?.startsWith(this.#server.baseURL + path), `the latest mail leads to ${link}`);
    await this.page.goto(link);
  }

  async #latestLink(address) {
    const deadline = Date.now() + PAGE_LIMIT;
    for (;;) {
      const mail = this.#server.relay.mails().findLast(({ to }) => to === address);
      if (mail) return linkOf(mail, this.#server.baseURL);
      if (Date.now() > deadline) return undefined;
      await sleep(50);
    }
  }
}
