//! What is asked of a database full of users without a server in between.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::fill::Users;
use crate::process::run_time;
use crate::server::peer::QUERY;
use crate::statistics::Sorted;

/// Random users that are asked for: more than one load asks.
const SAMPLE: u32 = 20_000;

/// Statements that are explained, and that are timed.
const EXPLAINED: usize = 200;
const TIMED: u32 = 5_000;

/// What is asked of the database before the password of a sign-in is hashed.
const USER: &str = r#"SELECT * FROM "user" WHERE email = $1"#;
const ACCOUNT: &str = r#"SELECT * FROM account WHERE "userId" = $1"#;

/// The rows that clean-up removes first.
const LOOK: &str = r#"
    SELECT ctid FROM session WHERE "expiresAt" >= 'epoch' AND "expiresAt" < now() - interval '1 hour'
    ORDER BY "expiresAt" LIMIT 1000"#;

/// Pages that a statement looks at, on average.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pages {
    /// All of them.
    pub(super) all: f64,
    /// Those among them that Postgres itself did not hold: the kernel gave them, or the disk.
    pub(super) fetched: f64,
}

impl Users {
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
        let rows = self.client.query(sql.as_str(), &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Pages that Postgres looks at to find a session and its user.
    pub(super) async fn pages_of_session(&self, users: u64) -> Result<Pages> {
        self.pages(QUERY, "bench_id('t', n)", users).await
    }

    /// Pages that Postgres looks at before the password of a sign-in is hashed.
    pub(super) async fn pages_of_sign_in(&self, users: u64) -> Result<Pages> {
        let user = self
            .pages(USER, "bench_id('e', n) || '@growth.example'", users)
            .await?;
        let account = self.pages(ACCOUNT, "bench_id('u', n)", users).await?;
        Ok(Pages {
            all: user.all + account.all,
            fetched: user.fetched + account.fetched,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "pages are few")]
    async fn pages(&self, sql: &str, of: &str, users: u64) -> Result<Pages> {
        let values = self.sample(of, users, u32::try_from(EXPLAINED)?).await?;
        let mut pages = Pages::default();
        for value in &values {
            // What is asked for is made of hexadecimal digits.
            let sql = sql.replace("$1", &format!("'{value}'"));
            let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}");
            let rows = self.client.simple_query(&explain).await?;
            let plan = rows.iter().find_map(|row| match row {
                SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            });
            let plan: Value = serde_json::from_str(plan.context("no plan")?)?;
            let count = |what: &str| plan[0]["Plan"][what].as_u64().unwrap_or(0) as f64;
            let fetched = count("Shared Read Blocks");
            pages.fetched += fetched / values.len() as f64;
            pages.all += (fetched + count("Shared Hit Blocks")) / values.len() as f64;
        }
        Ok(pages)
    }

    /// How long the statement of a session check takes, of random users, one after another, and the processor time of Postgres for
    /// each.
    pub(super) async fn time_sessions(&self, users: u64) -> Result<(Sorted, Duration)> {
        let tokens = self.sample("bench_id('t', n)", users, TIMED).await?;
        let session = self.client.prepare(QUERY).await?;
        let before = self.own_processor_time().await?;
        let mut latencies = Vec::with_capacity(tokens.len());
        for token in &tokens {
            let begun = Instant::now();
            self.client.query_one(&session, &[token]).await?;
            latencies.push(begun.elapsed());
        }
        let used = self.own_processor_time().await?.saturating_sub(before);
        Ok((Sorted::of(latencies), used / TIMED))
    }

    /// Of the process of Postgres that this connection talks to, so far.
    async fn own_processor_time(&self) -> Result<Duration> {
        let row = self
            .client
            .query_one("SELECT pg_backend_pid()", &[])
            .await?;
        run_time(u32::try_from(row.get::<_, i32>(0))?)
    }

    /// How long the statements of a sign-in take, of random users, one after another.
    pub(super) async fn time_sign_ins(&self, users: u64) -> Result<Sorted> {
        let emails = self
            .sample("bench_id('e', n) || '@growth.example'", users, TIMED)
            .await?;
        let user = self.client.prepare(USER).await?;
        let account = self.client.prepare(ACCOUNT).await?;
        let mut latencies = Vec::with_capacity(emails.len());
        for email in &emails {
            let begun = Instant::now();
            let found = self.client.query_one(&user, &[email]).await?;
            let id: String = found.get(0);
            self.client.query_one(&account, &[&id]).await?;
            latencies.push(begun.elapsed());
        }
        Ok(Sorted::of(latencies))
    }

    /// How long a look for sessions that have ended takes, of one who knows of no look before.
    pub(super) async fn time_look(&self) -> Result<Duration> {
        let begun = Instant::now();
        self.client.query(LOOK, &[]).await?;
        Ok(begun.elapsed())
    }

    /// Bytes of the tables, and of their indexes.
    pub(super) async fn bytes(&self) -> Result<[u64; 2]> {
        let sql = r#"SELECT sum(pg_table_size(t))::bigint, sum(pg_indexes_size(t))::bigint
                     FROM unnest(ARRAY['"user"', 'session', 'account']::regclass[]) t"#;
        let row = self.client.query_one(sql, &[]).await?;
        let bytes = |index| u64::try_from(row.get::<_, i64>(index)).unwrap_or(0);
        Ok([bytes(0), bytes(1)])
    }

    /// Processor time so far of the processes of Postgres that work for auth servers on this database.
    pub(super) async fn processor_time(&self) -> Result<Duration> {
        let sql = "SELECT pid FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = 'auth-server'";
        let mut time = Duration::ZERO;
        for row in self.client.query(sql, &[]).await? {
            time += run_time(u32::try_from(row.get::<_, i32>(0))?)?;
        }
        Ok(time)
    }

    /// How many sessions were ever removed, as Postgres counts with a delay of about a second.
    pub(super) async fn removed(&self) -> Result<u64> {
        let sql = "SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = 'session'";
        let removed: i64 = self.client.query_one(sql, &[]).await?.get(0);
        Ok(u64::try_from(removed).unwrap_or(0))
    }
}
