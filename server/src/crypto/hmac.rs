//! HMAC-SHA256 signatures with a list of secrets: the first signs, all verify.

use std::sync::Arc;

use base64::{
    Engine as _,
    alphabet::STANDARD as ALPHABET,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig,
        general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    },
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length of a signature: 32 bytes in standard base64 with padding.
pub const SIGNATURE_LENGTH: usize = 44;

/// Room for what a text as long as a signature decodes to.
const DECODED_LENGTH: usize = SIGNATURE_LENGTH / 4 * 3;

/// Like JavaScript's `atob`, reads a last character whose unused bits are not zero.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Signs with the first of its secrets and verifies with any. Clones share what was computed of the secrets.
#[derive(Clone, Default)]
pub struct Signer {
    keys: Arc<[Hmac<Sha256>]>,
}

impl Signer {
    /// A signer with `secrets`, which must not be empty: without a secret nothing verifies and signing
    /// yields a signature that nothing verifies either.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Self {
        // HMAC takes keys of every length, so no secret is left out.
        let keys = secrets
            .into_iter()
            .filter_map(|secret| Hmac::new_from_slice(secret.as_ref()).ok());
        Self {
            keys: keys.collect(),
        }
    }

    /// The signature of `message` under the first secret, in standard base64 with padding.
    pub fn sign(&self, message: &str) -> String {
        self.keys.first().map_or_else(String::new, |key| {
            let mut mac = key.clone();
            mac.update(message.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        })
    }

    /// The signature of `message` under the first secret, in base64url without padding.
    pub fn sign_for_url(&self, message: &str) -> String {
        self.keys.first().map_or_else(String::new, |key| {
            let mut mac = key.clone();
            mac.update(message.as_bytes());
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        })
    }

    /// Whether `signature`, in base64url without padding, is that of `message` under any of the secrets.
    pub fn verify_for_url(&self, message: &str, signature: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|signature| self.verify_bytes(message, &signature))
    }

    /// Whether `signature` is that of `message` under any of the secrets; takes the same time wherever the
    /// signature differs.
    pub fn verify(&self, message: &str, signature: &str) -> bool {
        if signature.len() != SIGNATURE_LENGTH || !signature.ends_with('=') {
            return false;
        }
        let mut bytes = [0; DECODED_LENGTH];
        LENIENT
            .decode_slice(signature, &mut bytes)
            .is_ok_and(|length| self.verify_bytes(message, bytes.get(..length).unwrap_or_default()))
    }

    fn verify_bytes(&self, message: &str, signature: &[u8]) -> bool {
        self.keys.iter().any(|key| {
            let mut mac = key.clone();
            mac.update(message.as_bytes());
            mac.verify_slice(signature).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Signer;

    const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";

    #[test]
    fn signs_as_better_auth_does() {
        let signer = Signer::new([SECRET]);
        for (value, signature) in [
            (
                "FPMr1ltEtvHX6SWALRDRGg6vrekKiwLH",
                "UKdGaXlCpxndNpX1xAaQj/bztAsN52nSfTrZ1/h5ioQ=",
            ),
            ("true", "iam8e6SVTuyk9+qT4FIQ4oBaBFoi2wMlwYmqO+jwfIQ="),
        ] {
            assert_eq!(signer.sign(value), signature);
        }
    }

    #[test]
    fn the_first_secret_signs_and_every_secret_verifies() {
        let (old, new) = (Signer::new(["old"]), Signer::new(["new", "old"]));
        assert!(new.verify("value", &old.sign("value")));
        assert!(!old.verify("value", &new.sign("value")));
    }

    #[test]
    fn a_signature_of_another_length_or_form_does_not_verify() {
        let signer = Signer::new([SECRET]);
        let signature = signer.sign("true");
        let unpadded = signature.trim_end_matches('=').to_owned();
        let wrong = [
            "",
            "=",
            &unpadded,
            &format!("{unpadded}=="),
            &format!("{unpadded} "),
        ];
        for wrong in wrong {
            assert!(!signer.verify("true", wrong), "{wrong:?}");
        }
    }

    #[test]
    fn unused_bits_of_the_last_character_are_ignored_as_browsers_do() {
        let signer = Signer::new([SECRET]);
        // The last character of this signature carries four bits of it: Q = 010000, R = 010001.
        assert!(signer.verify("true", "iam8e6SVTuyk9+qT4FIQ4oBaBFoi2wMlwYmqO+jwfIR="));
    }

    #[test]
    fn a_signature_for_a_url_is_the_same_in_another_alphabet() {
        let signer = Signer::new([SECRET]);
        let signature = "iam8e6SVTuyk9-qT4FIQ4oBaBFoi2wMlwYmqO-jwfIQ";
        assert_eq!(signer.sign_for_url("true"), signature);
        assert!(signer.verify_for_url("true", signature));
        assert!(!signer.verify_for_url("false", signature));
        assert!(!signer.verify_for_url("true", &signature[..42]));
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_nothing_else(value in ".*", other in ".*") {
            let signer = Signer::new([SECRET]);
            let signature = signer.sign(&value);
            prop_assert!(signer.verify(&value, &signature));
            prop_assert!(value == other || !signer.verify(&other, &signature));
        }

        #[test]
        fn any_text_as_a_signature_is_harmless(signature in ".{0,60}") {
            prop_assert!(!Signer::new([SECRET]).verify("value", &signature));
        }
    }
}
