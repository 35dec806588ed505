/** What came of the last attempt: `error` as the client returns it, or a notice. */
export function Feedback({ error, notice }) {
  if (error) {
    return (
      <p role="alert" data-code={error.code}>
        {error.message ?? error.statusText}
      </p>
    );
  }
  return notice ? <p role="status">{notice}</p> : null;
}

/** A labelled input whose value goes into `form` under `name`. */
export function Field({ form, name, label, ...input }) {
  return (
    <label>
      {label}
      <input name={name} required {...input} value={form.values[name] ?? ''} onChange={form.change} />
    </label>
  );
}
