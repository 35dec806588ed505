//! What is removed, and when.

use authbackend_crds::auth::AuthSettings;
use time::Duration;

use crate::{
    db::{Batch, Conn, DbError, Removed},
    events, identity, outbox,
};

/// How long after its end a session or verification is removed. A server whose clock is fast by less than this takes nothing from
/// one whose clock is right.
const GRACE: Duration = Duration::HOUR;

/// Rows that have had their time.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Leftover {
    /// Sessions that have ended.
    Sessions,
    /// Verifications that have ended.
    Verifications,
    /// Rows of the audit log.
    Audit,
    /// The contents of messages that were given up.
    DeadPayloads,
    /// Messages that were given up.
    DeadMessages,
}

impl Leftover {
    /// All there are, in the order in which they are removed.
    pub const ALL: [Self; 5] = [
        Self::Sessions,
        Self::Verifications,
        Self::Audit,
        Self::DeadPayloads,
        Self::DeadMessages,
    ];

    /// Its name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Verifications => "verifications",
            Self::Audit => "audit",
            Self::DeadPayloads => "dead_payloads",
            Self::DeadMessages => "dead_messages",
        }
    }

    /// For how long `settings` want it kept; none where they want it left alone. Without an audit log, the rows of an earlier
    /// one are left alone.
    pub(super) fn retention(self, settings: &AuthSettings) -> Option<Duration> {
        let seconds = |seconds: u32| Duration::seconds(seconds.into());
        let (is_removed, retention) = match self {
            Self::Sessions => (!settings.session().disable_cleanup(), GRACE),
            Self::Verifications => (!settings.verification().disable_cleanup(), GRACE),
            Self::Audit => {
                let audit = settings.audit();
                (audit.enabled(), seconds(audit.retention()))
            }
            Self::DeadPayloads => (true, seconds(settings.outbox().dead_payload_retention())),
            Self::DeadMessages => (true, seconds(settings.outbox().dead_retention())),
        };
        is_removed.then_some(retention)
    }

    pub(super) async fn remove(
        self,
        db: &mut Conn,
        batch: &Batch,
    ) -> Result<Option<Removed>, DbError> {
        let removed = match self {
            Self::Sessions => identity::session::store::remove_ended(db, batch).await,
            Self::Verifications => identity::verification::store::remove_ended(db, batch).await,
            Self::Audit => events::store::remove_old(db, batch).await,
            Self::DeadPayloads => outbox::store::empty_dead(db, batch).await,
            Self::DeadMessages => outbox::store::remove_dead(db, batch).await,
        };
        Ok(removed?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention(leftover: Leftover, yaml: &str) -> Option<i64> {
        let settings = serde_saphyr::from_str(yaml).unwrap();
        leftover.retention(&settings).map(Duration::whole_seconds)
    }

    #[test]
    fn the_settings_say_what_is_kept_and_for_how_long() {
        use Leftover::{Audit, DeadMessages, DeadPayloads, Sessions, Verifications};
        for (leftover, yaml, expected) in [
            (Sessions, "{}", Some(3_600)),
            (Sessions, "session: {disableCleanup: true}", None),
            (Verifications, "{}", Some(3_600)),
            (Verifications, "verification: {disableCleanup: true}", None),
            (Audit, "{}", None),
            (
                Audit,
                "audit: {enabled: true, retention: 7200}",
                Some(7_200),
            ),
            (DeadPayloads, "outbox: {deadPayloadRetention: 60}", Some(60)),
            (DeadMessages, "outbox: {deadRetention: 70}", Some(70)),
        ] {
            assert_eq!(retention(leftover, yaml), expected, "{leftover:?} {yaml}");
        }
    }
}
