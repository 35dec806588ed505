import { reactive, ref } from 'vue';

/**
 * The state of a form. `send` gets the values, calls the client and returns its answer; `done` gets the data of a
 * success.
 */
export function useForm(send, done, initial = {}) {
  const values = reactive({ ...initial });
  const error = ref(null);
  const submit = async () => {
    const answer = await send(values);
    error.value = answer.error;
    if (!answer.error) await done(answer.data);
  };
  return { values, error, submit };
}
