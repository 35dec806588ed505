import { useState } from 'react';
import { here } from '../../../common/config.mjs';
import { auth } from '../auth.js';
import { Feedback, Field } from './Feedback.jsx';
import { Methods } from './Methods.jsx';
import { useForm } from './useForm.js';

export function Account({ session: { user } }) {
  const [outcome, setOutcome] = useState({});
  const profile = useForm(
    ({ name }) => auth.updateUser({ name }),
    () => setOutcome({ notice: 'Saved.' }),
    { name: user.name },
  );
  // Out of the shop, but not of the identity provider.
  const leave = () => auth.signOut({ disableRedirect: true });
  const removal = async () => {
    const { error } = await auth.deleteUser({ callbackURL: here('/goodbye') });
    setOutcome(error ? { error } : { notice: 'Check your mail: the link in it deletes your account.' });
  };
  return (
    <>
      <h1>Hello, {user.name}</h1>
      <Feedback error={outcome.error ?? profile.error} notice={outcome.notice} />
      <p className="row quiet">
        {user.email}
        <span className={user.emailVerified ? 'badge' : 'badge not'}>
          {user.emailVerified ? 'verified' : 'not verified'}
        </span>
      </p>
      <h2>Profile</h2>
      <form onSubmit={profile.submit}>
        <Field form={profile} name="name" label="Name" autoComplete="name" />
        <button>Save</button>
      </form>
      <h2>Ways to sign in</h2>
      <Methods onError={(error) => setOutcome({ error })} />
      <h2>Account</h2>
      <p className="row">
        <button className="second" onClick={leave}>
          Sign out
        </button>
        <button className="danger" onClick={removal}>
          Delete account
        </button>
      </p>
    </>
  );
}
