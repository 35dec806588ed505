-- no-transaction
-- What better-auth 1.7.25 has no index for: clean-up finds rows by when they end, and sign-in through a service finds an
-- account by the service's name and its id there. Both would otherwise read whole tables that grow with the users.

CREATE INDEX CONCURRENTLY IF NOT EXISTS {index:session.expiresAt} ON {session} ({session.expiresAt});
CREATE INDEX CONCURRENTLY IF NOT EXISTS {index:verification.expiresAt} ON {verification} ({verification.expiresAt});
CREATE INDEX CONCURRENTLY IF NOT EXISTS {index:account.providerId_accountId}
    ON {account} ({account.providerId}, {account.accountId});
