import { here } from '../../../common/config.mjs';
import { auth } from '../auth.js';
import { Feedback, Field } from './Feedback.jsx';
import { useForm } from './useForm.js';

export function SignUp({ go }) {
  const form = useForm(
    ({ name, email, password }) => auth.signUp.email({ name, email, password, callbackURL: here('/') }),
    ({ user }) => go('sign-in', `Check your mail: a link is on its way to ${user.email}.`),
  );
  return (
    <>
      <h1>Create an account</h1>
      <Feedback error={form.error} />
      <form onSubmit={form.submit}>
        <Field form={form} name="name" label="Name" autoComplete="name" />
        <Field form={form} name="email" label="Email" type="email" autoComplete="username" />
        <Field form={form} name="password" label="Password" type="password" autoComplete="new-password" />
        <button>Create account</button>
      </form>
      <h2>
        <button className="link" onClick={() => go('sign-in')}>
          I have one already
        </button>
      </h2>
    </>
  );
}
