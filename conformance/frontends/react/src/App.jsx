import { useState } from 'react';
import { auth } from './auth.js';
import { Account } from './views/Account.jsx';
import { Forgot } from './views/Forgot.jsx';
import { Goodbye } from './views/Goodbye.jsx';
import { Reset } from './views/Reset.jsx';
import { SignIn } from './views/SignIn.jsx';
import { SignUp } from './views/SignUp.jsx';

/** Pages to which links in mails lead. */
const LANDINGS = { '/reset': Reset, '/goodbye': Goodbye };

export function App() {
  return (
    <>
      <p className="brand">
        Shop <small>React</small>
      </p>
      <section className="card">
        <Page />
      </section>
    </>
  );
}

function Page() {
  const [path, setPath] = useState(window.location.pathname);
  const [view, setView] = useState('sign-in');
  const [notice, setNotice] = useState('');
  const { data: session, isPending } = auth.useSession();
  const go = (next, message = '') => {
    window.history.replaceState(null, '', '/');
    setPath('/');
    setNotice(message);
    setView(next);
  };
  const Landing = LANDINGS[path];
  if (Landing) return <Landing go={go} />;
  if (isPending) return <p className="quiet">One moment…</p>;
  if (session) return <Account session={session} />;
  const View = { 'sign-in': SignIn, 'sign-up': SignUp, forgot: Forgot }[view];
  return <View go={go} notice={notice} />;
}
