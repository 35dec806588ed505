// Options of better-auth that are functions. A configuration is plain data and names what they do.

/** As the value of one of the options below: it sends a mail with the link that it is given. */
export const MAIL = 'sends a mail';

/** As the value of `emailAndPassword.password`: hashing that costs next to nothing, since it is not what is compared. */
export const CHEAP_HASHING = 'hashes that cost next to nothing';

/** The options whose function sends a mail, as paths. */
const MAIL_OPTIONS = [
  ['emailVerification', 'sendVerificationEmail'],
  ['emailAndPassword', 'sendResetPassword'],
  ['emailAndPassword', 'onExistingUserSignUp'],
  ['user', 'changeEmail', 'sendChangeEmailConfirmation'],
  ['user', 'deleteUser', 'sendDeleteAccountVerification'],
];

/** The options with `replace(name)` in place of each function that sends a mail; undefined leaves it out. */
export function replaceMailOptions(options, replace) {
  const copy = structuredClone(options);
  for (const path of MAIL_OPTIONS) {
    const name = path.at(-1);
    const parent = path.slice(0, -1).reduce((value, key) => value?.[key], copy);
    if (parent?.[name] !== MAIL) continue;
    const value = replace(name);
    if (value === undefined) delete parent[name];
    else parent[name] = value;
  }
  return copy;
}

/** Whether any option sends mails. */
export function sendsMail(options) {
  return JSON.stringify(options).includes(JSON.stringify(MAIL));
}
