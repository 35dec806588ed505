import { useEffect, useState } from 'react';
import { here, PROVIDER, providerLabel } from '../../../common/config.mjs';
import { auth } from '../auth.js';

/** The ways to sign in that the user has; the shop's provider can be added and removed. */
export function Methods({ onError }) {
  const [accounts, setAccounts] = useState([]);
  const load = async () => {
    const { data, error } = await auth.listAccounts();
    if (error) onError(error);
    else setAccounts(data);
  };
  useEffect(() => {
    load();
  }, []);
  const link = async () => {
    const { error } = await auth.linkSocial({
      provider: PROVIDER.id,
      callbackURL: here('/'),
      errorCallbackURL: here('/'),
    });
    if (error) onError(error);
  };
  const unlink = async (accountId) => {
    const { error } = await auth.unlinkAccount({ accountId });
    if (error) onError(error);
    else await load();
  };
  return (
    <>
      <ul>
        {accounts.map(({ id, providerId }) => (
          <li key={id} className="row">
            {providerLabel(providerId)}
            {providerId === PROVIDER.id && (
              <button className="link" onClick={() => unlink(id)}>
                Unlink
              </button>
            )}
          </li>
        ))}
      </ul>
      {accounts.length > 0 && !accounts.some(({ providerId }) => providerId === PROVIDER.id) && (
        <button className="second wide" onClick={link}>
          Link {PROVIDER.label}
        </button>
      )}
    </>
  );
}
