//! `Cookie` headers that were found good, and will be when they come again.

use std::hash::Hasher as _;

use authbackend_crds::auth::MemoryCache;
use quick_cache::UnitWeighter;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use warp::http::HeaderValue;

use crate::{
    bounded::{Bounded, bounded},
    crypto::random::Random,
    identity::session::{SHARE_OF_REQUESTS, SessionKey},
};

/// What a header takes, its place in the table included, in bytes.
const WEIGHT: u32 = 128;

/// What a `Cookie` header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Said {
    /// The session whose token it carries, under a signature that is right.
    pub(super) session: SessionKey,
    /// Whether that session outlives the browser, and so is extended.
    pub(super) is_remembered: bool,
    /// The secrets under which the signatures are right.
    pub(super) revision: u64,
}

/// What `Cookie` headers were found to say. Bounded; what was used least goes first.
///
/// Headers are kept as their `SipHash`-2-4 of 128 bits under a key of this process: whoever does not know the key cannot
/// make a header that is taken for another one, however many they try.
pub(super) struct Recognized {
    key: [u8; 16],
    said: Bounded<u128, Said, UnitWeighter>,
}

impl Recognized {
    /// As many as there may be sessions in memory, within a share of their bytes.
    pub(super) fn new(settings: &MemoryCache, random: &Random) -> Self {
        let within_share = settings.max_bytes() / SHARE_OF_REQUESTS / WEIGHT;
        let most = settings.max_entries().min(within_share).max(1);
        let mut key = [0; 16];
        random.fill(&mut key);
        let said = bounded(most, most.into(), UnitWeighter);
        Self { key, said }
    }

    /// What `header` was found to say under the secrets of `revision`.
    pub(super) fn find(&self, header: &HeaderValue, revision: u64) -> Option<Said> {
        let said = self.said.get(&self.hash(header))?;
        (said.revision == revision).then_some(said)
    }

    /// Keeps what `header` was found to say.
    pub(super) fn keep(&self, header: &HeaderValue, said: Said) {
        self.said.insert(self.hash(header), said);
    }

    fn hash(&self, header: &HeaderValue) -> u128 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(header.as_bytes());
        hasher.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recognized(yaml: &str) -> Recognized {
        let settings = serde_saphyr::from_str(yaml).unwrap();
        Recognized::new(&settings, &Random::from_seed(1))
    }

    fn said(token: &str) -> Said {
        Said {
            session: SessionKey::of(token),
            is_remembered: true,
            revision: 1,
        }
    }

    #[test]
    fn a_header_is_recognized_under_the_secrets_under_which_it_was_found_good() {
        let recognized = recognized("{}");
        let header = HeaderValue::from_static("a=b");
        recognized.keep(&header, said("t"));
        assert_eq!(recognized.find(&header, 1), Some(said("t")));
        assert_eq!(recognized.find(&header, 2), None);
    }

    #[test]
    fn no_more_are_kept_than_the_settings_allow() {
        for (yaml, most) in [("{maxEntries: 10}", 10), ("{maxBytes: 1048576}", 1024)] {
            let recognized = recognized(yaml);
            for number in 0..10 * most {
                let header = HeaderValue::try_from(format!("a={number}")).unwrap();
                recognized.keep(&header, said("t"));
            }
            let kept = u64::try_from(recognized.said.len()).unwrap();
            assert!(kept <= most, "{kept} with {yaml}");
        }
    }

    proptest! {
        #[test]
        fn another_header_is_not_recognized(one in "[ -~]{0,40}", other in "[ -~]{0,40}") {
            let recognized = recognized("{}");
            let [first, second] = [&one, &other].map(|text| HeaderValue::try_from(text.as_str()).unwrap());
            recognized.keep(&first, said("t"));
            prop_assert_eq!(recognized.find(&second, 1).is_some(), one == other);
        }
    }
}
