-- The keys of the plugin jwt, as better-auth 1.7.25 creates their table. A database of an older better-auth may have it
-- without the newer columns.
CREATE TABLE IF NOT EXISTS "jwks" (
    "id" {primaryKey},
    "publicKey" text NOT NULL,
    "privateKey" text NOT NULL,
    "createdAt" timestamptz NOT NULL,
    "expiresAt" timestamptz,
    "alg" text,
    "crv" text
);

ALTER TABLE "jwks" ADD COLUMN IF NOT EXISTS "expiresAt" timestamptz;
ALTER TABLE "jwks" ADD COLUMN IF NOT EXISTS "alg" text;
ALTER TABLE "jwks" ADD COLUMN IF NOT EXISTS "crv" text;
