// What both servers are told alike.

/** The signing secret of every server in these tests; any text of 32 characters or more. */
export const SECRET = 'conformance-secret-0123456789abcdef';

/**
 * The public URL that both servers believe in. They listen on other ports; the requests carry this
 * host, so that origins and absolute URLs are equal on both sides.
 */
export const BASE_URL = 'http://localhost:8100/api';
