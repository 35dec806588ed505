import { useState } from 'react';
import { here, PROVIDER } from '../../../common/config.mjs';
import { auth } from '../auth.js';
import { Feedback, Field } from './Feedback.jsx';
import { useForm } from './useForm.js';

/** What the auth server says of a sign-in elsewhere that failed. */
const fromElsewhere = () => {
  const code = new URLSearchParams(window.location.search).get('error');
  return code ? { code, message: `That did not work: ${code}` } : null;
};

export function SignIn({ go, notice }) {
  const [elsewhere, setElsewhere] = useState(fromElsewhere);
  const form = useForm(
    ({ email, password }) => auth.signIn.email({ email, password }),
    () => {},
  );
  const social = async () => {
    const { error } = await auth.signIn.social({
      provider: PROVIDER.id,
      callbackURL: here('/'),
      errorCallbackURL: here('/'),
    });
    setElsewhere(error);
  };
  return (
    <>
      <h1>Sign in</h1>
      <Feedback error={form.error ?? elsewhere} notice={notice} />
      <form onSubmit={form.submit}>
        <Field form={form} name="email" label="Email" type="email" autoComplete="username" />
        <Field form={form} name="password" label="Password" type="password" autoComplete="current-password" />
        <button>Sign in</button>
      </form>
      <p className="or">or</p>
      <button className="second wide" onClick={social}>
        Continue with {PROVIDER.label}
      </button>
      <h2 className="row">
        <button className="link" onClick={() => go('sign-up')}>
          Create an account
        </button>
        <button className="link" onClick={() => go('forgot')}>
          Forgot your password?
        </button>
      </h2>
    </>
  );
}
