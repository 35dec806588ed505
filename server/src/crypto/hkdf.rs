//! HKDF-SHA256 (RFC 5869): keys for a purpose, from a secret that serves several.

use hkdf::Hkdf;
use sha2::Sha256;

/// The longest key that RFC 5869 derives with SHA-256, in bytes.
const MAX_LENGTH: usize = 255 * 32;

/// A key of `LENGTH` bytes for the purpose that `salt` and `info` name.
pub fn derive<const LENGTH: usize>(secret: &[u8], salt: &[u8], info: &[u8]) -> [u8; LENGTH] {
    const { assert!(LENGTH <= MAX_LENGTH, "longer than HKDF-SHA256 can derive") }
    let mut key = [0; LENGTH];
    // Fails for keys that are too long only, which do not compile.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut key);
    key
}

#[cfg(test)]
mod tests {
    use super::derive;

    #[test]
    fn the_first_test_case_of_rfc_5869_holds() {
        let salt: Vec<u8> = (0x00..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let key = derive::<42>(&[0x0b; 22], &salt, &info);
        assert_eq!(key[..8], [0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a]);
        assert_eq!(key[40..], [0x58, 0x65]);
    }
}
