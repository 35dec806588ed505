//! Kubernetes quantities, as far as two spellings of the same amount have to be recognized (the server stores `0.5` as
//! `500m` and `1024Mi` as `1Gi`), and what is none.

/// Whether both texts are quantities of the same amount.
pub fn equal(left: &str, right: &str) -> bool {
    match (nanos(left), nanos(right)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// The amount in billionths; `None` for what is not a quantity, is finer than that, or is too large to count.
pub fn nanos(text: &str) -> Option<i128> {
    let digits_end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = u32::try_from(fraction.len()).ok()?;
    let (numerator, denominator) = multiplier(suffix)?;
    let amount = digits.checked_mul(numerator)?.checked_mul(1_000_000_000)?;
    let divisor = denominator.checked_mul(10_i128.checked_pow(scale)?)?;
    (amount % divisor == 0).then(|| amount / divisor)
}

/// What a suffix multiplies with, as a fraction.
fn multiplier(suffix: &str) -> Option<(i128, i128)> {
    let thousand = |power: u32| 1000_i128.pow(power);
    let kibi = |power: u32| 1024_i128.pow(power);
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, thousand(3)),
        "u" => (1, thousand(2)),
        "m" => (1, thousand(1)),
        "k" => (thousand(1), 1),
        "M" => (thousand(2), 1),
        "G" => (thousand(3), 1),
        "T" => (thousand(4), 1),
        "P" => (thousand(5), 1),
        "E" => (thousand(6), 1),
        "Ki" => (kibi(1), 1),
        "Mi" => (kibi(2), 1),
        "Gi" => (kibi(3), 1),
        "Ti" => (kibi(4), 1),
        "Pi" => (kibi(5), 1),
        "Ei" => (kibi(6), 1),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = 10_i128.checked_pow(power.unsigned_abs())?;
            if power < 0 { (1, size) } else { (size, 1) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for (left, right) in [
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1e3", "1k"),
            ("1000", "1k"),
            ("1.5Gi", "1536Mi"),
            ("100u", "100000n"),
            ("12E", "12e18"),
        ] {
            assert!(equal(left, right), "{left} = {right}");
        }
    }

    #[test]
    fn other_amounts_differ() {
        for (left, right) in [("1", "1m"), ("1G", "1Gi"), ("0.5", "0.51")] {
            assert!(!equal(left, right), "{left} = {right}");
        }
    }

    #[test]
    fn what_is_no_quantity_equals_nothing() {
        for text in ["", "x", "1x", "Gi", "1.2.3", "1e99", "--1"] {
            assert!(!equal(text, text), "{text}");
        }
    }
}
