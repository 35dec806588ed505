// What the tests take from the environment, and what they hand on to the servers.

/** The value of an environment variable that `cargo xtask test conformance` sets. */
export function requiredEnvironment(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set; run: cargo xtask test conformance`);
  }
  return value;
}

/** The environment of a child process without the variables that either server reads. */
export function cleanEnvironment(additions) {
  const configures =
    /^(AUTH_|BETTER_AUTH_|NEXT_PUBLIC_|NUXT_|PUBLIC_|BASE_URL$|DATABASE_|LISTEN_|ADMIN_|LOG_|SHUTDOWN_|PG|NODE_)/;
  const inherited = Object.entries(process.env).filter(([name]) => !configures.test(name));
  return { ...Object.fromEntries(inherited), ...additions };
}
