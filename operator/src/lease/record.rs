//! What a candidate knows about the record of the holder.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;

/// Whether the lease can be taken.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Another process holds it.
    Held,
    /// Nobody holds it, or this process does already.
    Free {
        /// Whether the holder changes.
        taken_over: bool,
    },
}

/// The last record that was seen, and since when.
#[derive(Debug, Default)]
pub(super) struct Record {
    seen: Option<(String, Instant)>,
}

impl Record {
    /// Judges the `lease` that was read at `now` by the candidate `identity`.
    pub(super) fn judge(&mut self, lease: &Lease, identity: &str, now: Instant) -> Verdict {
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let since = match &self.seen {
            Some((seen, since)) if *seen == version => *since,
            _ => {
                self.seen = Some((version, now));
                now
            }
        };
        match holder(lease) {
            None => Verdict::Free { taken_over: true },
            // A restart of a container keeps the name of its pod.
            Some(holder) if holder == identity => Verdict::Free { taken_over: false },
            Some(_) if now.duration_since(since) >= duration(lease) => {
                Verdict::Free { taken_over: true }
            }
            Some(_) => Verdict::Held,
        }
    }
}

/// Who holds the lease.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    let holder = lease.spec.as_ref()?.holder_identity.as_deref()?;
    (!holder.is_empty()).then_some(holder)
}

fn duration(lease: &Lease) -> Duration {
    let seconds = lease
        .spec
        .as_ref()
        .and_then(|spec| spec.lease_duration_seconds);
    // A record without a duration promises nothing.
    Duration::from_secs(seconds.and_then(|s| u64::try_from(s).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::coordination::v1::LeaseSpec;
    use kube::api::ObjectMeta;

    use super::*;

    fn lease(holder: &str, version: &str) -> Lease {
        Lease {
            metadata: ObjectMeta {
                resource_version: Some(version.to_owned()),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(holder.to_owned()),
                lease_duration_seconds: Some(15),
                ..LeaseSpec::default()
            }),
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_released_lease_is_free_at_once() {
        let verdict = Record::default().judge(&lease("", "1"), "b", Instant::now());
        assert_eq!(verdict, Verdict::Free { taken_over: true });
    }

    #[test]
    fn a_held_lease_is_free_once_it_has_not_changed_for_its_duration() {
        let (mut record, start) = (Record::default(), Instant::now());
        assert_eq!(record.judge(&lease("a", "1"), "b", start), Verdict::Held);
        assert_eq!(
            record.judge(&lease("a", "1"), "b", start + 14 * SECOND),
            Verdict::Held
        );
        let verdict = record.judge(&lease("a", "1"), "b", start + 15 * SECOND);
        assert_eq!(verdict, Verdict::Free { taken_over: true });
    }

    #[test]
    fn a_renewal_starts_the_wait_over() {
        let (mut record, start) = (Record::default(), Instant::now());
        record.judge(&lease("a", "1"), "b", start);
        record.judge(&lease("a", "2"), "b", start + 10 * SECOND);
        assert_eq!(
            record.judge(&lease("a", "2"), "b", start + 24 * SECOND),
            Verdict::Held
        );
    }

    #[test]
    fn a_candidate_that_has_just_started_waits_however_old_the_record_is() {
        assert_eq!(
            Record::default().judge(&lease("a", "1"), "b", Instant::now()),
            Verdict::Held
        );
    }

    #[test]
    fn a_restarted_holder_goes_on_at_once() {
        let verdict = Record::default().judge(&lease("a", "1"), "a", Instant::now());
        assert_eq!(verdict, Verdict::Free { taken_over: false });
    }
}
