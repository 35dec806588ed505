//! Which of the languages that there are a user reads best.

/// The best of `available` for `Accept-Language` (RFC 9110, 12.5.4; look-up of RFC 4647, 3.4): the first language that
/// the user wants and there is, region by region less exact. `default` counts as available; it is the answer, none,
/// also where nothing fits.
pub(super) fn choose<'a>(
    accept_language: &str,
    available: &(impl Iterator<Item = &'a str> + Clone),
    default: &str,
) -> Option<&'a str> {
    for wanted in wanted(accept_language) {
        let mut tag = wanted;
        loop {
            if let Some(found) = available
                .clone()
                .find(|known| known.eq_ignore_ascii_case(tag))
            {
                return Some(found);
            }
            if default.eq_ignore_ascii_case(tag) {
                return None;
            }
            let Some((shorter, _)) = tag.rsplit_once('-') else {
                break;
            };
            tag = shorter;
        }
    }
    None
}

/// The languages that a user wants, the best first. A language without a weight, or with one that is none, has the
/// full one; one with no weight is not wanted.
fn wanted(accept_language: &str) -> Vec<&str> {
    let mut wanted: Vec<(u16, &str)> = accept_language
        .split(',')
        .filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .and_then(|weight| weight.trim().parse::<f32>().ok())
                .unwrap_or(1.0);
            // Weights have three digits; what is not a number is none.
            let weight = (weight.clamp(0.0, 1.0) * 1000.0).round();
            let tag = tag.trim();
            let is_wanted = weight > 0.0 && !tag.is_empty() && tag != "*";
            is_wanted.then_some((per_mille(weight), tag))
        })
        .collect();
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wanted.into_iter().map(|(_, tag)| tag).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller has brought it into the range from 0 to 1000"
)]
fn per_mille(weight: f32) -> u16 {
    weight as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AVAILABLE: [&str; 3] = ["de", "pt-BR", "zh-Hant"];

    fn chosen(accept_language: &str) -> Option<&'static str> {
        choose(accept_language, &AVAILABLE.into_iter(), "en")
    }

    #[test]
    fn the_first_language_that_there_is_wins() {
        for (accept_language, expected) in [
            ("", None),
            ("*", None),
            ("de", Some("de")),
            ("DE", Some("de")),
            ("de-AT", Some("de")),
            ("pt-br", Some("pt-BR")),
            ("pt", None),
            ("pt-PT, de;q=0.5", Some("de")),
            ("zh-Hant-TW", Some("zh-Hant")),
            ("fr, en;q=0.9, de;q=0.8", None),
            ("fr, de;q=0.8, en;q=0.9", None),
            ("fr, de;q=0.9, en;q=0.8", Some("de")),
            ("en-GB, de", None),
            ("de;q=0, pt-BR", Some("pt-BR")),
            ("de;q=nonsense", Some("de")),
            (" , ;, de ; q=0.1", Some("de")),
        ] {
            assert_eq!(chosen(accept_language), expected, "{accept_language:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_browser_sends_is_answered(accept_language in ".{0,60}") {
            let chosen = chosen(&accept_language);
            prop_assert!(chosen.is_none_or(|locale| AVAILABLE.contains(&locale)));
        }
    }
}
