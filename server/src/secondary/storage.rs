//! Keys and values, with the operations that better-auth asks of a `secondaryStorage`.

use std::{fmt, time::Duration};

use authbackend_crds::auth;
use redis::{Cmd, cmd};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    connection::{Connection, Repeat},
    error::SecondaryError,
};
use crate::config::SecretFiles;

type Result<T> = std::result::Result<T, SecondaryError>;

/// How often the files of Secrets are looked at.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Most keys in one command, so that none keeps the server, which does one thing at a time, from others for long.
const BATCH: usize = 500;

/// Counts, and lets a count that begins end after some seconds: the script of better-auth's package.
const INCREMENT: &str = "
local value = redis.call('INCR', KEYS[1])
if value == 1 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return value";

/// Puts a value in the place of another one, or of none, unless there is a third by now.
const COMPARE_AND_SET: &str = "
local value = redis.call('GET', KEYS[1])
if ARGV[1] == '0' and value ~= false then return 0 end
if ARGV[1] == '1' and value ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SETEX', KEYS[1], ARGV[3], ARGV[4])
end
return 1";

/// Puts values in the place of others, each unless there is another one, or none, by now. Answers which it did.
const REPLACE_ALL: &str = "
local done = {}
for index, key in ipairs(KEYS) do
  local at = 3 * (index - 1)
  if redis.call('GET', key) == ARGV[at + 1] then
    redis.call('SETEX', key, ARGV[at + 2], ARGV[at + 3])
    done[index] = 1
  else
    done[index] = 0
  end
end
return done";

/// A value and for how many seconds it is kept, at least one.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) value: String,
    pub(super) seconds: u64,
}

/// A value that takes the place of another.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub(super) key: String,
    pub(super) expected: String,
    pub(super) new: Kept,
}

/// The secondary storage.
pub struct Storage {
    prefix: String,
    connection: Connection,
}

impl Storage {
    /// The storage that `settings` want, if they want one, without connecting yet. `files` holds its Secrets.
    pub fn wanted(settings: &auth::AuthSettings, files: &SecretFiles) -> Option<Self> {
        let redis = &settings.secondary_storage.as_ref()?.redis;
        Some(Self {
            prefix: redis.key_prefix().to_owned(),
            connection: Connection::new(redis.clone(), files.clone()),
        })
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// There is none.
    pub async fn ping(&self) -> Result<()> {
        self.connection.run(&cmd("PING"), Repeat::Harmless).await
    }

    /// Follows the files of Secrets until `stop` is cancelled: a changed password makes a new connection, with no
    /// restart. What cannot be used is told once per change.
    pub async fn follow_secrets(&self, stop: CancellationToken) {
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.connection.refresh().await {
                Ok(changed) => {
                    if changed {
                        let address = self.connection.address();
                        tracing::info!(%address, "credentials of the secondary storage replaced");
                    }
                    told = None;
                }
                Err(error) => {
                    let text = error.to_string();
                    if told.as_ref() != Some(&text) {
                        tracing::warn!(
                            %error,
                            "new credentials of the secondary storage do not work, the old ones stay in use"
                        );
                    }
                    told = Some(text);
                }
            }
        }
    }

    /// Adds one to the count under `key` and returns it; a count that begins is kept for `seconds`.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn increment(&self, key: &str, seconds: u32) -> Result<i64> {
        let mut command = cmd("EVAL");
        command
            .arg(INCREMENT)
            .arg(1)
            .arg(self.key(key))
            .arg(seconds);
        self.connection.run(&command, Repeat::Never).await
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<String>> {
        self.read(cmd("GET").arg(self.key(key))).await
    }

    /// The values under `keys`, in their order.
    pub(super) async fn get_all(&self, keys: &[String]) -> Result<Vec<Option<String>>> {
        let mut values = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let mut command = cmd("MGET");
            for key in batch {
                command.arg(self.key(key));
            }
            let found: Vec<Option<Vec<u8>>> =
                self.connection.run(&command, Repeat::Harmless).await?;
            values.extend(found.into_iter().map(|found| found.map(text)));
        }
        Ok(values)
    }

    /// The value under `key`, which is gone then: of several who ask at once, one gets it.
    pub(super) async fn take(&self, key: &str) -> Result<Option<String>> {
        let mut command = cmd("GETDEL");
        command.arg(self.key(key));
        let found: Option<Vec<u8>> = self.connection.run(&command, Repeat::Never).await?;
        Ok(found.map(text))
    }

    pub(super) async fn set(&self, key: &str, kept: &Kept) -> Result<()> {
        let mut command = cmd("SETEX");
        command
            .arg(self.key(key))
            .arg(kept.seconds)
            .arg(&kept.value);
        self.connection.run(&command, Repeat::Harmless).await
    }

    /// Puts values in the place of others. Returns for each whether that was still there.
    pub(super) async fn replace_all(&self, values: &[Replacement]) -> Result<Vec<bool>> {
        let mut all = Vec::with_capacity(values.len());
        for batch in values.chunks(BATCH) {
            let mut command = cmd("EVAL");
            command.arg(REPLACE_ALL).arg(batch.len());
            for Replacement { key, .. } in batch {
                command.arg(self.key(key));
            }
            for Replacement { expected, new, .. } in batch {
                command.arg(expected).arg(new.seconds).arg(&new.value);
            }
            // Done twice it is refused the second time, which whoever asks reads as another one's.
            let done: Vec<i64> = self.connection.run(&command, Repeat::Harmless).await?;
            all.extend(done.into_iter().map(|done| done == 1));
        }
        Ok(all)
    }

    pub(super) async fn delete(&self, keys: &[String]) -> Result<()> {
        for batch in keys.chunks(BATCH) {
            let mut command = cmd("DEL");
            for key in batch {
                command.arg(self.key(key));
            }
            let _: i64 = self.connection.run(&command, Repeat::Harmless).await?;
        }
        Ok(())
    }

    /// Puts `new`, or nothing, in the place of `expected`, or of nothing. Returns false if there is something else by now.
    pub(super) async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&str>,
        new: Option<&Kept>,
    ) -> Result<bool> {
        let mut command = cmd("EVAL");
        command
            .arg(COMPARE_AND_SET)
            .arg(1)
            .arg(self.key(key))
            .arg(u8::from(expected.is_some()))
            .arg(expected.unwrap_or_default())
            .arg(new.map_or(0, |kept| kept.seconds))
            .arg(new.map_or("", |kept| kept.value.as_str()));
        // Done twice it is refused the second time, which whoever asks reads as another one's.
        let done: i64 = self.connection.run(&command, Repeat::Harmless).await?;
        Ok(done == 1)
    }

    async fn read(&self, command: &Cmd) -> Result<Option<String>> {
        let found: Option<Vec<u8>> = self.connection.run(command, Repeat::Harmless).await?;
        Ok(found.map(text))
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// Anybody may have written anything: what is no UTF-8 is read as better-auth's client does.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Storage({})", self.connection.address())
    }
}
