//! Databases full of users, and what is asked of them without a server in between.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::process::run_time;
use crate::server::peer::QUERY;
use crate::statistics::Sorted;

/// Rows of one statement.
const STEP: u64 = 100_000;

/// Random users that are asked for: more than one load asks.
const SAMPLE: u32 = 20_000;

/// Statements that are explained, and that are timed.
const EXPLAINED: usize = 50;
const TIMED: usize = 2_000;

/// What is asked of the database before the password of a sign-in is hashed.
const USER: &str = r#"SELECT * FROM "user" WHERE email = $1"#;
const ACCOUNT: &str = r#"SELECT * FROM account WHERE "userId" = $1"#;

/// Ids and tokens as random as real ones, by number.
const FUNCTION: &str =
    "CREATE FUNCTION bench_id(kind text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT substr(encode(sha256((kind || n)::bytea), 'hex'), 1, 32) $$";

/// The users with numbers after `$1` up to `$2`, each with an account and a session.
const USERS: [&str; 3] = [
    r#"INSERT INTO "user" (id, name, email, "emailVerified")
       SELECT bench_id('u', n), 'User ' || n, bench_id('e', n) || '@growth.example', true
       FROM generate_series($1::bigint + 1, $2) n"#,
    r#"INSERT INTO account (id, "accountId", "providerId", "userId", password, "updatedAt")
       SELECT bench_id('a', n), bench_id('u', n), 'credential', bench_id('u', n), repeat('$argon2id', 10), now()
       FROM generate_series($1::bigint + 1, $2) n"#,
    r#"INSERT INTO session (id, "expiresAt", token, "updatedAt", "ipAddress", "userAgent", "userId")
       SELECT bench_id('s', n), now() + interval '7 days', bench_id('t', n), now(), '192.0.2.1',
              'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
              bench_id('u', n)
       FROM generate_series($1::bigint + 1, $2) n"#,
];

/// A further session of each of these users, which ended a day ago.
const ENDED: &str = r#"
    INSERT INTO session (id, "expiresAt", token, "updatedAt", "ipAddress", "userAgent", "userId")
    SELECT bench_id('x', n), now() - interval '1 day' - n * interval '1 millisecond', bench_id('x', n), now(), '192.0.2.1',
           'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
           bench_id('u', n)
    FROM generate_series($1::bigint + 1, $2) n"#;

/// `$1` further sessions of the first user.
const MANY: &str = r#"
    INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
    SELECT bench_id('m', n), now() + interval '7 days', bench_id('m', n), now(), bench_id('u', 1)
    FROM generate_series(1::bigint, $1) n"#;

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
pub(super) struct Users(Client);

impl Users {
    /// Those of the database of `url`: none yet.
    pub(super) async fn connect(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        client.batch_execute(FUNCTION).await?;
        Ok(Self(client))
    }

    /// Makes `to` users of `from`.
    pub(super) async fn grow(&self, from: u64, to: u64) -> Result<()> {
        self.insert(&USERS, from, to).await
    }

    /// Adds a session to each of the first `users` users that ended a day ago.
    pub(super) async fn add_ended(&self, users: u64) -> Result<()> {
        self.insert(&[ENDED], 0, users).await
    }

    async fn insert(&self, statements: &[&str], from: u64, to: u64) -> Result<()> {
        let begun = Instant::now();
        let mut start = from;
        while start < to {
            let end = to.min(start + STEP);
            let range = [i64::try_from(start)?, i64::try_from(end)?];
            for statement in statements {
                self.0.execute(*statement, &[&range[0], &range[1]]).await?;
            }
            start = end;
        }
        // As autovacuum leaves it, and nothing is left to be written while something is measured.
        self.0.batch_execute("VACUUM ANALYZE").await?;
        self.0.batch_execute("CHECKPOINT").await?;
        println!("{to} rows after {:.0} s", begun.elapsed().as_secs_f64());
        Ok(())
    }

    /// Adds `number` sessions to the first user, and returns the token of one.
    pub(super) async fn add_many(&self, number: i64) -> Result<String> {
        self.0.execute(MANY, &[&number]).await?;
        let row = self.0.query_one("SELECT bench_id('m', 1)", &[]).await?;
        Ok(row.get(0))
    }

    /// Tokens of random sessions of the first `users` users.
    pub(super) async fn tokens(&self, users: u64) -> Result<Vec<String>> {
        self.sample("bench_id('t', n)", users, SAMPLE).await
    }

    /// `what` of `number` random ones of the first `users` users.
    async fn sample(&self, what: &str, users: u64, number: u32) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT {what} FROM (
                 SELECT 1 + floor(random() * {users})::bigint AS n FROM generate_series(1, {number})) numbers"
        );
        let rows = self.0.query(sql.as_str(), &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Pages that Postgres looks at to find a session and its user, on average.
    pub(super) async fn pages_of_session(&self, users: u64) -> Result<f64> {
        self.pages(QUERY, "bench_id('t', n)", users).await
    }

    /// Pages that Postgres looks at before the password of a sign-in is hashed, on average.
    pub(super) async fn pages_of_sign_in(&self, users: u64) -> Result<f64> {
        let user = self
            .pages(USER, "bench_id('e', n) || '@growth.example'", users)
            .await?;
        let account = self.pages(ACCOUNT, "bench_id('u', n)", users).await?;
        Ok(user + account)
    }

    #[expect(clippy::cast_precision_loss, reason = "pages are few")]
    async fn pages(&self, sql: &str, of: &str, users: u64) -> Result<f64> {
        let values = self.sample(of, users, u32::try_from(EXPLAINED)?).await?;
        let mut pages = 0;
        for value in &values {
            // What is asked for is made of hexadecimal digits.
            let sql = sql.replace("$1", &format!("'{value}'"));
            let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}");
            let rows = self.0.simple_query(&explain).await?;
            let plan = rows.iter().find_map(|row| match row {
                SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            });
            let plan: Value = serde_json::from_str(plan.context("no plan")?)?;
            let count = |what: &str| plan[0]["Plan"][what].as_u64().unwrap_or(0);
            pages += count("Shared Hit Blocks") + count("Shared Read Blocks");
        }
        Ok(pages as f64 / values.len() as f64)
    }

    /// How long the statements of a sign-in take, of random users, one after another.
    pub(super) async fn time_sign_ins(&self, users: u64) -> Result<Sorted> {
        let number = u32::try_from(TIMED)?;
        let emails = self
            .sample("bench_id('e', n) || '@growth.example'", users, number)
            .await?;
        let user = self.0.prepare(USER).await?;
        let account = self.0.prepare(ACCOUNT).await?;
        let mut latencies = Vec::with_capacity(emails.len());
        for email in &emails {
            let begun = Instant::now();
            let found = self.0.query_one(&user, &[email]).await?;
            let id: String = found.get(0);
            self.0.query_one(&account, &[&id]).await?;
            latencies.push(begun.elapsed());
        }
        Ok(Sorted::of(latencies))
    }

    /// Bytes of the tables, and of their indexes.
    pub(super) async fn bytes(&self) -> Result<[u64; 2]> {
        let sql = r#"SELECT sum(pg_table_size(t))::bigint, sum(pg_indexes_size(t))::bigint
                     FROM unnest(ARRAY['"user"', 'session', 'account']::regclass[]) t"#;
        let row = self.0.query_one(sql, &[]).await?;
        let bytes = |index| u64::try_from(row.get::<_, i64>(index)).unwrap_or(0);
        Ok([bytes(0), bytes(1)])
    }

    /// Processor time so far of the processes of Postgres that work for auth servers on this database.
    pub(super) async fn processor_time(&self) -> Result<Duration> {
        let sql = "SELECT pid FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = 'auth-server'";
        let mut time = Duration::ZERO;
        for row in self.0.query(sql, &[]).await? {
            time += run_time(u32::try_from(row.get::<_, i32>(0))?)?;
        }
        Ok(time)
    }

    /// How many sessions were ever removed, as Postgres counts with a delay of about a second.
    pub(super) async fn removed(&self) -> Result<u64> {
        let sql = "SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = 'session'";
        let removed: i64 = self.0.query_one(sql, &[]).await?.get(0);
        Ok(u64::try_from(removed).unwrap_or(0))
    }
}
