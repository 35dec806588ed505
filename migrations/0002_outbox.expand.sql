-- What the server sends after it has answered: mails and webhooks. Whoever queues a message does so in the transaction
-- of what the message tells, so that both happen or neither. A row lives until its message has been sent.
CREATE TABLE "authbackend_outbox" (
    "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "kind" text NOT NULL CHECK ("kind" IN ('mail', 'webhook')),
    -- Stays the same over all attempts, so that receivers recognize a message that they have already.
    "messageId" text NOT NULL UNIQUE,
    -- May hold links with tokens. Null once a message that was given up has been emptied.
    "payload" jsonb,
    "attempts" integer NOT NULL DEFAULT 0,
    -- A process that sends a message puts this off by the time that sending may take: if the process dies, the message
    -- becomes due again.
    "nextAttemptAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- When the message was given up.
    "deadAt" timestamptz,
    "lastError" text,
    "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX "authbackend_outbox_due_idx" ON "authbackend_outbox" ("kind", "nextAttemptAt") WHERE "deadAt" IS NULL;
CREATE INDEX "authbackend_outbox_dead_idx" ON "authbackend_outbox" ("deadAt") WHERE "deadAt" IS NOT NULL;

-- What happened to users and sessions. It outlives them, so that nothing here refers to their tables.
CREATE TABLE "authbackend_audit" (
    "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "event" text NOT NULL,
    "userId" text,
    "sessionId" text,
    "ipAddress" text,
    "userAgent" text,
    "data" jsonb NOT NULL,
    "createdAt" timestamptz NOT NULL
);

CREATE INDEX "authbackend_audit_userId_idx" ON "authbackend_audit" ("userId", "createdAt");
CREATE INDEX "authbackend_audit_createdAt_idx" ON "authbackend_audit" ("createdAt");
