// The store behind useSession, which frontends subscribe to.

/** Ends once the store has followed a sign-up and a sign-out. */
export async function sessionStore({ browser }) {
  const { client } = browser();
  const states = [];
  const changed = (condition) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`the session store never became as expected: ${JSON.stringify(states.at(-1))}`)),
        10_000,
      );
      const stop = client.useSession.subscribe((state) => {
        states.push(state);
        if (!condition(state)) return;
        clearTimeout(limit);
        queueMicrotask(() => stop());
        resolve();
      });
    });
  const signedIn = changed(({ data }) => data?.user.email === 'bob@example.com');
  await client.signUp.email({ name: 'Bob', email: 'bob@example.com', password: 'battery staple' });
  await signedIn;
  const signedOut = changed(({ data, isPending }) => data === null && !isPending);
  await client.signOut();
  await signedOut;
}
