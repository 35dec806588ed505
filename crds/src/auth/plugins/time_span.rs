//! Spans of time as better-auth writes them: `15m`, `2 hours`.

/// The seconds of a span: a number and a unit, `s`, `m`, `h`, `d`, `w`, `mo` or `y` or their names in English, where a
/// month has 30 days and a year 365.25. None for anything else, for spans that point into the past, and for those
/// shorter than a second or longer than a hundred years.
pub fn seconds(text: &str) -> Option<u32> {
    const LONGEST: f64 = 100.0 * 365.25 * 86_400.0;
    let text = text.strip_prefix('+').unwrap_or(text);
    let text = text.strip_prefix(' ').unwrap_or(text);
    let text = text.strip_suffix(" from now").unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let is_number = !number.starts_with('.') && !number.ends_with('.');
    let number: f64 = number.parse().ok().filter(|_| is_number)?;
    let span = (number * unit_seconds(&unit.to_ascii_lowercase())?).round();
    if !(1.0..=LONGEST).contains(&span) {
        return None;
    }
    // In range and whole: its digits are those of the integer.
    format!("{span:.0}").parse().ok()
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        "mo" | "month" | "months" => 30.0 * 86_400.0,
        "y" | "yr" | "yrs" | "year" | "years" => 365.25 * 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::seconds;

    #[test]
    fn spans_are_read_as_better_auth_does() {
        for (text, expected) in [
            ("15m", Some(900)),
            ("2 hours", Some(7200)),
            ("1.5 Days", Some(129_600)),
            ("+7d", Some(604_800)),
            ("1 hour from now", Some(3600)),
            ("1y", Some(31_557_600)),
            ("1mo", Some(2_592_000)),
            ("0.4s", None),
            ("-1h", None),
            ("1 hour ago", None),
            ("900", None),
            ("m", None),
            (".5h", None),
            ("1.h", None),
            ("1.2.3h", None),
            ("200y", None),
            ("1  h", None),
            ("1 fortnight", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_span_or_none(text in ".{0,24}") {
            prop_assert!(seconds(&text).is_none_or(|seconds| seconds > 0));
        }

        #[test]
        fn a_number_of_seconds_is_that_many(number in 1_u32..3_000_000_000) {
            prop_assert_eq!(seconds(&format!("{number}s")), Some(number));
            prop_assert_eq!(seconds(&format!("+ {number} seconds from now")), Some(number));
        }
    }
}
