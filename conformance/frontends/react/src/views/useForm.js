import { useState } from 'react';

/**
 * The state of a form. `send` gets the values, calls the client and returns its answer; `done` gets the data of a
 * success.
 */
export function useForm(send, done, initial = {}) {
  const [values, setValues] = useState(initial);
  const [error, setError] = useState(null);
  const change = ({ target }) => setValues((old) => ({ ...old, [target.name]: target.value }));
  const submit = async (event) => {
    event?.preventDefault();
    const answer = await send(values);
    setError(answer.error);
    if (!answer.error) await done(answer.data);
  };
  return { values, error, change, submit };
}
