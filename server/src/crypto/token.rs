//! Random tokens and ids over the alphabets that better-auth uses.

use super::random::Random;

/// Characters of row ids and session tokens: `a-z A-Z 0-9`.
pub const ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Characters in a row id.
pub const ID_LENGTH: usize = 32;

/// Characters in a session token: 190 bits of randomness.
pub const SESSION_TOKEN_LENGTH: usize = 32;

/// The id of a new row.
pub fn id(random: &Random) -> String {
    generate(random, ALPHANUMERIC, ID_LENGTH)
}

/// A new UUID of version 4 (RFC 9562, section 5.4).
pub fn uuid(random: &Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &digits[range]);
    parts.join("-")
}

/// The token of a new session: whoever holds it is signed in.
pub fn session_token(random: &Random) -> String {
    generate(random, ALPHANUMERIC, SESSION_TOKEN_LENGTH)
}

/// `length` characters of `alphabet` (1 to 256 ASCII characters), each equally likely.
///
/// Bytes that would favour the first characters of the alphabet are thrown away.
pub fn generate(random: &Random, alphabet: &[u8], length: usize) -> String {
    let usable = 256 - 256 % alphabet.len();
    let mut token = String::with_capacity(length);
    let mut bytes = [0; 64];
    loop {
        random.fill(&mut bytes);
        for byte in bytes {
            if token.len() == length {
                return token;
            }
            if usize::from(byte) < usable {
                token.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn ids_and_tokens_have_32_alphanumeric_characters() {
        let random = Random::from_seed(1);
        for token in [id(&random), session_token(&random)] {
            assert_eq!(token.len(), 32);
            assert!(token.bytes().all(|byte| ALPHANUMERIC.contains(&byte)));
        }
    }

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        let uuid = uuid(&Random::from_seed(5));
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4", "{uuid}");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert!(uuid.bytes().filter(|byte| *byte == b'-').count() == 4);
    }

    #[test]
    fn every_character_is_equally_likely() {
        let token = generate(&Random::from_seed(2), ALPHANUMERIC, 62 * 1000);
        let mut counts = HashMap::new();
        for byte in token.bytes() {
            *counts.entry(byte).or_insert(0) += 1;
        }
        // With a modulo bias the first eight characters would come up 1250 times.
        assert!(
            counts.values().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(counts.len(), 62);
    }

    #[test]
    fn the_same_seed_gives_the_same_token_and_another_seed_another() {
        assert_eq!(id(&Random::from_seed(3)), id(&Random::from_seed(3)));
        assert_ne!(id(&Random::from_seed(3)), id(&Random::from_seed(4)));
    }
}
