import { auth } from '../auth.js';
import { Feedback, Field } from './Feedback.jsx';
import { useForm } from './useForm.js';

const token = () => new URLSearchParams(window.location.search).get('token');

export function Reset({ go }) {
  const form = useForm(
    ({ password }) => auth.resetPassword({ newPassword: password, token: token() }),
    () => go('sign-in', 'Your password is changed. Sign in with it.'),
  );
  return (
    <>
      <h1>Choose a new password</h1>
      <Feedback error={form.error} />
      <form onSubmit={form.submit}>
        <Field form={form} name="password" label="New password" type="password" autoComplete="new-password" />
        <button>Save password</button>
      </form>
    </>
  );
}
