export function Goodbye({ go }) {
  return (
    <>
      <h1>Your account is deleted</h1>
      <p className="quiet">Nothing of it is kept. You are welcome back any time.</p>
      <h2>
        <button className="link" onClick={() => go('sign-in')}>
          To the shop
        </button>
      </h2>
    </>
  );
}
