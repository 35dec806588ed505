//! Texts encrypted at rest, in better-auth's format: XChaCha20-Poly1305 under the SHA-256 of a secret, written as
//! lower-case hexadecimal digits of nonce, ciphertext and tag. The first secret encrypts, all decrypt.

use std::fmt::Write as _;

use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use sha2::{Digest, Sha256};

use super::{hkdf, random::Random};

/// Bytes of a nonce, long enough to be random.
const NONCE_LENGTH: usize = 24;

/// What better-auth writes in front where its secrets have numbers: `$ba$<number>$`.
const ENVELOPE: &str = "$ba$";

/// Encrypts with the first of its secrets and decrypts with any.
pub struct SecretBox {
    keys: Vec<XChaCha20Poly1305>,
}

/// A text that cannot be encrypted: there is no secret, or the text is longer than 256 GiB.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a value could not be encrypted")]
pub struct SealError;

impl SecretBox {
    /// A box with `secrets`, of which the first encrypts.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let keys = secrets.into_iter().map(|secret| {
            let key: [u8; 32] = Sha256::digest(secret.as_ref()).into();
            XChaCha20Poly1305::new(&Key::from(key))
        });
        Self {
            keys: keys.collect(),
        }
    }

    /// A box for one purpose of OAuth, whose values no box for another purpose opens: `oauth-state-cookie` or
    /// `oauth-link-session-token`.
    pub fn for_purpose<S: AsRef<[u8]>>(
        secrets: impl IntoIterator<Item = S>,
        purpose: &str,
    ) -> Self {
        let info = format!("better-auth:{purpose}:v1");
        Self::new(secrets.into_iter().map(|secret| {
            let key: [u8; 32] = hkdf::derive(
                secret.as_ref(),
                b"better-auth:oauth-encryption:v1",
                info.as_bytes(),
            );
            to_hex(&key)
        }))
    }

    /// Encrypts `text` under the first secret.
    ///
    /// # Errors
    /// There is no secret, or `text` is longer than the cipher allows.
    pub fn seal(&self, text: &str, random: &Random) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError)?;
        let mut nonce = [0; NONCE_LENGTH];
        random.fill(&mut nonce);
        let sealed = key
            .encrypt(&XNonce::from(nonce), text.as_bytes())
            .map_err(|_| SealError)?;
        Ok(to_hex(&nonce) + &to_hex(&sealed))
    }

    /// Decrypts what any of the secrets has encrypted; none for anything else. The number of an envelope is not
    /// looked at: secrets have no numbers here.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let bytes = from_hex(without_envelope(sealed)?)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
        let text = self
            .keys
            .iter()
            .find_map(|key| key.decrypt(&XNonce::from(*nonce), sealed).ok())?;
        String::from_utf8(text).ok()
    }
}

/// Whether `value` looks encrypted. better-auth takes stored tokens of any other form for plain text, from the time
/// before encryption was switched on.
pub fn looks_sealed(value: &str) -> bool {
    value.starts_with(ENVELOPE)
        || (value.len().is_multiple_of(2) && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn without_envelope(sealed: &str) -> Option<&str> {
    let Some(rest) = sealed.strip_prefix(ENVELOPE) else {
        return Some(sealed);
    };
    let (number, rest) = rest.split_once('$')?;
    number.parse::<u64>().is_ok().then_some(rest)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok());
    rest.is_empty().then(|| bytes.collect())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";

    /// Made by better-auth 1.7.25: with one secret, with that secret as number 7 of several, and for a purpose.
    const SEALED: [&str; 2] = [
        "2148c5266ba29e91311895992d70be01e2b38d8e5d205fa4742b8dc9de420f1c44695db414cb718996337747cee3e0afd1cd14a9",
        "$ba$7$ef08cd850e25b9bfdc18028c51f0535d8c6f02b12b229c345b81ae1452b2a1fcdb66ca44ababa49698847e1413c354a83050c2fe",
    ];

    #[test]
    fn what_better_auth_sealed_is_opened() {
        for sealed in SEALED {
            let opened = SecretBox::new([SECRET]).open(sealed);
            assert_eq!(opened.as_deref(), Some("gho_token ü"));
        }
    }

    #[test]
    fn the_key_of_a_purpose_is_that_of_better_auth() {
        let random = Random::from_seed(1);
        // `derivePurposeKey(SECRET, 'oauth-state-cookie')` of better-auth 1.7.25.
        let key = "f24088337337be1a80f3b3f95b0938fda807a76055937c663a8809e13a2c34c6";
        let sealed = SecretBox::for_purpose([SECRET], "oauth-state-cookie")
            .seal("state", &random)
            .unwrap();
        assert_eq!(
            SecretBox::new([key]).open(&sealed).as_deref(),
            Some("state")
        );
        assert_eq!(SecretBox::new([SECRET]).open(&sealed), None);
    }

    #[test]
    fn the_first_secret_seals_and_every_secret_opens() {
        let random = Random::from_seed(1);
        let (old, both) = (SecretBox::new(["old"]), SecretBox::new(["new", "old"]));
        let sealed_before = old.seal("text", &random).unwrap();
        assert_eq!(both.open(&sealed_before).as_deref(), Some("text"));
        assert_eq!(old.open(&both.seal("text", &random).unwrap()), None);
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let (random, secret_box) = (Random::from_seed(1), SecretBox::new([SECRET]));
        assert_ne!(
            secret_box.seal("text", &random),
            secret_box.seal("text", &random)
        );
    }

    #[test]
    fn what_has_another_form_is_not_opened() {
        let whole = SEALED[0];
        for sealed in [
            "",
            "ab",
            "zz",
            "$ba$",
            "$ba$7",
            "$ba$-1$00",
            &format!("$ba$x${whole}"),
            &whole[..whole.len() - 1],
            &whole[2..],
        ] {
            assert_eq!(SecretBox::new([SECRET]).open(sealed), None, "{sealed}");
        }
    }

    #[test]
    fn a_plain_token_does_not_look_sealed() {
        for (value, sealed) in [
            (SEALED[0], true),
            (SEALED[1], true),
            ("gho_16C7e42F292c6912E7710c838347Ae178B4a", false),
            ("abc", false),
        ] {
            assert_eq!(looks_sealed(value), sealed, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_and_a_changed_digit_is_not(text in ".*", at: prop::sample::Index) {
            let secret_box = SecretBox::new([SECRET]);
            let sealed = secret_box.seal(&text, &Random::from_seed(1)).unwrap();
            let opened = secret_box.open(&sealed);
            prop_assert_eq!(opened.as_deref(), Some(text.as_str()));
            let mut changed = sealed.into_bytes();
            let at = at.index(changed.len());
            let digit = &mut changed[at];
            *digit = if *digit == b'0' { b'1' } else { b'0' };
            prop_assert_eq!(secret_box.open(std::str::from_utf8(&changed).unwrap()), None);
        }

        #[test]
        fn any_text_is_opened_without_harm(text in ".*") {
            prop_assert_eq!(SecretBox::new([SECRET]).open(&text), None);
        }
    }
}
