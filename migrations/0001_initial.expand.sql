-- The four tables that better-auth 1.7.25 creates: same columns, in the same order, and same names of constraints
-- and indexes, so that a database of one is a database of the other. Names are camelCase and must be quoted.

CREATE TABLE {user} (
    "id" {primaryKey},
    {user.name} text NOT NULL,
    {user.email} text NOT NULL UNIQUE,
    {user.emailVerified} boolean NOT NULL,
    {user.image} text,
    {user.createdAt} timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    {user.updatedAt} timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE {session} (
    "id" {primaryKey},
    {session.expiresAt} timestamptz NOT NULL,
    {session.token} text NOT NULL UNIQUE,
    {session.createdAt} timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    {session.updatedAt} timestamptz NOT NULL,
    {session.ipAddress} text,
    {session.userAgent} text,
    {session.userId} {foreignKey} NOT NULL REFERENCES {user} ("id") ON DELETE CASCADE
);

CREATE TABLE {account} (
    "id" {primaryKey},
    {account.accountId} text NOT NULL,
    {account.providerId} text NOT NULL,
    {account.userId} {foreignKey} NOT NULL REFERENCES {user} ("id") ON DELETE CASCADE,
    {account.accessToken} text,
    {account.refreshToken} text,
    {account.idToken} text,
    {account.accessTokenExpiresAt} timestamptz,
    {account.refreshTokenExpiresAt} timestamptz,
    {account.scope} text,
    {account.password} text,
    {account.createdAt} timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    {account.updatedAt} timestamptz NOT NULL
);

CREATE TABLE {verification} (
    "id" {primaryKey},
    {verification.identifier} text NOT NULL,
    {verification.value} text NOT NULL,
    {verification.expiresAt} timestamptz NOT NULL,
    {verification.createdAt} timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    {verification.updatedAt} timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX {index:session.userId} ON {session} ({session.userId});
CREATE INDEX {index:account.userId} ON {account} ({account.userId});
CREATE INDEX {index:verification.identifier} ON {verification} ({verification.identifier});
