//! Databases full of users.
//!
//! Rows are written without checks of foreign keys and without indexes, which are built afterwards, two at a time: an index of random
//! values that grows with each row costs many times as much. Pages are left as full as random values leave them, so that
//! an index takes what it takes in a database that has grown.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use super::settle::{keep_safe, settle};

/// Rows of one statement.
const STEP: u64 = 100_000;

/// Connections that write and build.
const WORKERS: usize = 2;

/// How full random values leave the pages of a B-tree, in per cent: ln 2 (Yao, On Random 2-3 Trees, 1978).
const FULL: u32 = 69;

/// Ids and tokens as random as real ones, by number.
const FUNCTION: &str =
    "CREATE FUNCTION bench_id(kind text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT substr(encode(sha256((kind || n)::bytea), 'hex'), 1, 32) $$";

/// The users with numbers after `$1` up to `$2`, each with an account and a session.
const USERS: [Rows; 3] = [
    Rows {
        table: "session",
        insert: r#"INSERT INTO session (id, "expiresAt", token, "updatedAt", "ipAddress", "userAgent", "userId")
            SELECT bench_id('s', n), now() + interval '7 days', bench_id('t', n), now(), '192.0.2.1',
                'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
                bench_id('u', n)
            FROM generate_series($1 + 1, $2) n"#,
    },
    Rows {
        table: r#""user""#,
        insert: r#"INSERT INTO "user" (id, name, email, "emailVerified")
            SELECT bench_id('u', n), 'User ' || n, bench_id('e', n) || '@growth.example', true
            FROM generate_series($1 + 1, $2) n"#,
    },
    Rows {
        table: "account",
        insert: r#"INSERT INTO account (id, "accountId", "providerId", "userId", password, "updatedAt")
            SELECT bench_id('a', n), bench_id('u', n), 'credential', bench_id('u', n), repeat('$argon2id', 10), now()
            FROM generate_series($1 + 1, $2) n"#,
    },
];

/// A further session of each of these users, which ended a day ago.
const ENDED: Rows = Rows {
    table: "session",
    insert: r#"INSERT INTO session (id, "expiresAt", token, "updatedAt", "ipAddress", "userAgent", "userId")
        SELECT bench_id('x', n), now() - interval '1 day' - n * interval '1 millisecond', bench_id('x', n), now(), '192.0.2.1',
            'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
            bench_id('u', n)
        FROM generate_series($1 + 1, $2) n"#,
};

/// `$1` further sessions of the first user.
const MANY: &str = r#"
    INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
    SELECT bench_id('m', n), now() + interval '7 days', bench_id('m', n), now(), bench_id('u', 1)
    FROM generate_series(1::bigint, $1) n"#;

/// The names of the indexes of a table. Postgres is told that they are not in use, which it forgets when they are built.
const LEAVE: &str = "
    UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = $1::text::regclass
    RETURNING indexrelid::regclass::text";

/// Rows of a table.
struct Rows {
    table: &'static str,
    /// Writes those with numbers after `$1` up to `$2`.
    insert: &'static str,
}

/// Makes the database `name` on the server of `url` anew, and returns its URL.
pub(super) async fn create(url: &str, name: &str) -> Result<String> {
    let client = connect(url).await?;
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await?;
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    let (server, _) = url
        .rsplit_once('/')
        .context("the URL of the database names none")?;
    Ok(format!("{server}/{name}"))
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The users of a database.
pub(super) struct Users {
    pub(super) client: Client,
    url: String,
}

impl Users {
    /// Those of the database of `url`: none yet.
    pub(super) async fn connect(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        client.batch_execute(FUNCTION).await?;
        Ok(Self {
            client,
            url: url.to_owned(),
        })
    }

    /// Makes `to` users of `from`.
    pub(super) async fn grow(&self, from: u64, to: u64) -> Result<()> {
        self.fill(&USERS, from, to).await
    }

    /// Adds a session to each of the first `users` users that ended a day ago. The accounts, which nothing asks for
    /// any more, make room for them.
    pub(super) async fn add_ended(&self, users: u64) -> Result<()> {
        self.client.batch_execute("TRUNCATE account").await?;
        self.fill(&[ENDED], 0, users).await
    }

    async fn fill(&self, kinds: &[Rows], from: u64, to: u64) -> Result<()> {
        let begun = Instant::now();
        keep_safe(&self.client, false).await?;
        let mut indexes = Vec::new();
        for kind in kinds {
            for row in self.client.query(LEAVE, &[&kind.table]).await? {
                let name: String = row.get(0);
                indexes.push(format!(
                    "ALTER INDEX {name} SET (fillfactor = {FULL}); REINDEX INDEX {name}"
                ));
            }
        }
        let mut inserts = Vec::new();
        let mut start = from;
        while start < to {
            let end = to.min(start + STEP);
            inserts.extend(kinds.iter().map(|kind| {
                let first = kind.insert.replace("$1", &format!("{start}::bigint"));
                first.replace("$2", &end.to_string())
            }));
            start = end;
        }
        self.share(inserts).await?;
        let written = begun.elapsed();
        self.share(indexes).await?;
        let built = begun.elapsed();
        settle(&self.client).await?;
        println!(
            "{to} rows a table: written after {:.0} s, indexes built after {:.0} s, settled after {:.0} s",
            written.as_secs_f64(),
            built.as_secs_f64(),
            begun.elapsed().as_secs_f64()
        );
        Ok(())
    }

    /// Runs `statements` on a few connections, which take them in turn.
    async fn share(&self, statements: Vec<String>) -> Result<()> {
        let queue = Arc::new(Mutex::new(statements.into_iter()));
        let next = move || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (client, next) = (connect(&self.url).await?, next.clone());
            workers.spawn(async move {
                // Rows that are made together need no look at each other.
                client
                    .batch_execute("SET session_replication_role = replica")
                    .await?;
                while let Some(statement) = next() {
                    client.simple_query(&statement).await.context(statement)?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker??;
        }
        Ok(())
    }

    /// Adds `number` sessions to the first user, and returns the token of one.
    pub(super) async fn add_many(&self, number: i64) -> Result<String> {
        self.client.execute(MANY, &[&number]).await?;
        let row = self
            .client
            .query_one("SELECT bench_id('m', 1)", &[])
            .await?;
        Ok(row.get(0))
    }
}
