import { here } from '../../../common/config.mjs';
import { auth } from '../auth.js';
import { Feedback, Field } from './Feedback.jsx';
import { useForm } from './useForm.js';

export function Forgot({ go }) {
  const form = useForm(
    ({ email }) => auth.requestPasswordReset({ email, redirectTo: here('/reset') }),
    () => go('sign-in', 'If we know this address, a link is on its way.'),
  );
  return (
    <>
      <h1>Forgot your password?</h1>
      <Feedback error={form.error} />
      <form onSubmit={form.submit}>
        <Field form={form} name="email" label="Email" type="email" autoComplete="username" />
        <button>Send the link</button>
      </form>
    </>
  );
}
