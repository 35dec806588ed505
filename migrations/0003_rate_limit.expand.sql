-- How often each client has called which path lately, where `rateLimit.storage` is `database`: the table of
-- better-auth 1.7.25. A database that better-auth used with that setting has it already; before 1.4 without the
-- unique key, on which exact counting rests. Its rows are counts of the last seconds: nothing is lost with them.

CREATE TABLE IF NOT EXISTS {rateLimit} (
    "id" {primaryKey},
    {rateLimit.key} text NOT NULL UNIQUE,
    {rateLimit.count} integer NOT NULL,
    {rateLimit.lastRequest} bigint NOT NULL
);

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = btrim('{rateLimit.key}', '"')
        WHERE i.indrelid = '{rateLimit}'::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
          AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
    ) THEN
        DELETE FROM {rateLimit};
        ALTER TABLE {rateLimit} ADD UNIQUE ({rateLimit.key});
    END IF;
END
$$;
