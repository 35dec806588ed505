//! Spans of time as kubectl tells them.

use jiff::Timestamp;

/// How long ago `then` was: the largest unit, and the next smaller one where the first is small. A clock that is behind
/// the cluster's sees no future.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let rest = |count: i64, unit: char| {
        if count == 0 {
            String::new()
        } else {
            format!("{count}{unit}")
        }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => format!("{minutes}m{}", rest(seconds % 60, 's')),
        () if hours < 3 => format!("{minutes}m"),
        () if hours < 8 => format!("{hours}h{}", rest(minutes % 60, 'm')),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => format!("{days}d{}", rest(hours % 24, 'h')),
        () => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn ages_are_told_as_kubectl_tells_them() {
        let table = [
            (-5, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (135, "2m15s"),
            (600, "10m"),
            (10_000, "166m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (90_000, "25h"),
            (180_000, "2d2h"),
            (864_000, "10d"),
        ];
        let then = Timestamp::UNIX_EPOCH;
        for (seconds, expected) in table {
            let now = then + SignedDuration::from_secs(seconds);
            assert_eq!(age(then, now), expected, "{seconds}");
        }
    }
}
