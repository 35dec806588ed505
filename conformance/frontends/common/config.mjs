// Where the API is, and who identifies people besides it.

/** The base URL of the auth server. Whoever serves the page fills it in: one build is for every server. */
export const AUTH_URL = document.querySelector('meta[name=auth-url]').content;

/** The identity provider of this shop: its id at the auth server, and what people call it. */
export const PROVIDER = { id: 'oidc', label: 'Example ID' };

/** An absolute URL of this page, where the auth server sends people back to. */
export const here = (path) => new URL(path, window.location.origin).href;

/** What people call the way to sign in. */
export const providerLabel = (id) => ({ credential: 'Password', [PROVIDER.id]: PROVIDER.label })[id] ?? id;
