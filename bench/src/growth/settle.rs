//! A database comes to rest after many rows were written, as one that has grown for months has.

use std::time::Duration;

use anyhow::{Result, bail};
use rustix::fs::{statvfs, sync};
use tokio_postgres::Client;

use crate::process::run_time;

/// What Postgres works with, as far as it matters here.
const SETTINGS: &str = "
    SELECT string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name)
    FROM unnest(ARRAY['server_version', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'wal_level', 'fsync',
        'synchronous_commit', 'full_page_writes', 'autovacuum']) name";

/// Reads all tables and indexes, those that are asked for most last: what does not fit into Postgres' own memory is at
/// least in the kernel's.
const PREWARM: &str = "
    SELECT sum(pg_prewarm(relation)) FROM (
        SELECT c.oid::regclass AS relation FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i')
        ORDER BY c.relname LIKE '%account%' DESC, c.relkind DESC) relations";

/// The processes of Postgres that work for nobody in particular, and whether one of them is a vacuum.
const BACKGROUND: &str = "
    SELECT pid, backend_type = 'autovacuum worker' FROM pg_stat_activity WHERE backend_type NOT LIKE 'client%'";

/// For so long what works in the background is watched.
const WATCH: Duration = Duration::from_secs(1);

/// It is at rest if it takes no more than this part of a core.
const REST: f64 = 0.02;

/// So many times it may be found at work.
const PATIENCE: u32 = 120;

/// Bytes that a user takes at most, with account and session, and with what building the indexes and the ended sessions
/// take for a while.
const BYTES_OF_A_USER: u64 = 1_900;

/// Bytes for the write-ahead log and the small databases.
const BYTES_BESIDE: u64 = 3 << 30;

/// Fails unless the disk has room for `users` users.
pub(super) async fn require_room(client: &Client, users: u64) -> Result<()> {
    let folder: String = client.query_one("SHOW data_directory", &[]).await?.get(0);
    let disk = statvfs(folder.as_str())?;
    let free = disk.f_bavail * disk.f_frsize;
    let needed = users * BYTES_OF_A_USER + BYTES_BESIDE;
    if free < needed {
        bail!(
            "{users} users take {} GB on the disk of {folder}, which has {} GB left: make room, set TMPDIR to a folder on another \
             one, or measure fewer with --most",
            needed / 1_000_000_000,
            free / 1_000_000_000
        );
    }
    Ok(())
}

/// The version and the settings of Postgres.
pub(super) async fn settings(client: &Client) -> Result<String> {
    Ok(client.query_one(SETTINGS, &[]).await?.get(0))
}

/// Whether what is written survives a loss of power: not while a throw-away database is filled, and as always while
/// something is measured.
pub(super) async fn keep_safe(client: &Client, safe: bool) -> Result<()> {
    let value = if safe { "on" } else { "off" };
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        client
            .batch_execute(&format!("ALTER SYSTEM SET {setting} = {value}"))
            .await?;
    }
    client.batch_execute("SELECT pg_reload_conf()").await?;
    Ok(())
}

/// Leaves the database as autovacuum and checkpoints leave it, everything on disk and in memory, and waits until nothing works
/// in the background.
pub(super) async fn settle(client: &Client) -> Result<()> {
    client.batch_execute("VACUUM (ANALYZE)").await?;
    client.batch_execute("CHECKPOINT").await?;
    tokio::task::spawn_blocking(sync).await?;
    keep_safe(client, true).await?;
    client
        .batch_execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        .await?;
    client.query_one(PREWARM, &[]).await?;
    let mut before = background(client).await?;
    for _ in 0..PATIENCE {
        tokio::time::sleep(WATCH).await;
        let now = background(client).await?;
        let used = now.time.saturating_sub(before.time);
        if !now.vacuums && used < WATCH.mul_f64(REST) {
            return Ok(());
        }
        before = now;
    }
    bail!("Postgres does not come to rest: its background processes still work after {PATIENCE} s")
}

/// What works in the background.
struct Background {
    /// Its processor time so far.
    time: Duration,
    vacuums: bool,
}

async fn background(client: &Client) -> Result<Background> {
    let mut all = Background {
        time: Duration::ZERO,
        vacuums: false,
    };
    for row in client.query(BACKGROUND, &[]).await? {
        let pid: i32 = row.get(0);
        // One that has ended meanwhile works no more.
        all.time += run_time(u32::try_from(pid)?).unwrap_or_default();
        all.vacuums |= row.get::<_, bool>(1);
    }
    Ok(all)
}
