// Builders for the steps of scenarios; a step is plain data (see README.md).

/** A request without a body. */
export function request(method, path, extra = {}) {
  return { name: `${method} ${path}`, method, path, ...extra };
}

/** GET. */
export const get = (path, extra) => request('GET', path, extra);

/** POST with a JSON body; `undefined` sends none. */
export function post(path, value, extra = {}) {
  const body = value === undefined ? undefined : JSON.stringify(value);
  return request('POST', path, {
    name: `POST ${path}${body === undefined ? '' : ` ${shorten(body)}`}`,
    body,
    ...(body === undefined ? {} : { contentType: 'application/json' }),
    ...extra,
  });
}

/** POST with a body exactly as given. */
export function postRaw(path, body, contentType, extra = {}) {
  return request('POST', path, {
    name: `POST ${path} ${contentType ?? 'no content type'}: ${shorten(String(body))}`,
    body,
    contentType,
    ...extra,
  });
}

/** POST with a form-urlencoded body. */
export const postForm = (path, value, extra) =>
  postRaw(path, new URLSearchParams(value).toString(), 'application/x-www-form-urlencoded', extra);

/** A statement on the server's database; `now()` in it has the milliseconds that the servers write. */
export const sql = (statement) => ({
  name: statement,
  sql: statement.replaceAll('now()', "date_trunc('milliseconds', now())"),
});

/** A look at all rows. */
export const rows = (name = 'rows') => ({ name, rows: true });

/** A look at the mails sent since the last look. */
export const mails = (name = 'mails') => ({ name, mails: true });

const shorten = (text) => (text.length > 100 ? `${text.slice(0, 100)}… (${text.length} characters)` : text);
