-- The keys of the plugin jwt, as better-auth 1.7.25 creates their table. A database of an older better-auth may have it
-- without the newer columns.
CREATE TABLE IF NOT EXISTS {jwks} (
    "id" {primaryKey},
    {jwks.publicKey} text NOT NULL,
    {jwks.privateKey} text NOT NULL,
    {jwks.createdAt} timestamptz NOT NULL,
    {jwks.expiresAt} timestamptz,
    {jwks.alg} text,
    {jwks.crv} text
);

ALTER TABLE {jwks} ADD COLUMN IF NOT EXISTS {jwks.expiresAt} timestamptz;
ALTER TABLE {jwks} ADD COLUMN IF NOT EXISTS {jwks.alg} text;
ALTER TABLE {jwks} ADD COLUMN IF NOT EXISTS {jwks.crv} text;
