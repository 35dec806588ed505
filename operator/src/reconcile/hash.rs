//! Hashes of what objects depend on.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// First 16 hexadecimal digits (64 bits) of the SHA-256 of `value` as JSON. Maps are ordered, so that equal values have equal
/// hashes.
pub fn of<T: Serialize>(value: &T) -> String {
    // A value that is not JSON (there is none among ours) hashes as null.
    let json = serde_json::to_value(value).unwrap_or_default().to_string();
    let digest = Sha256::digest(json.as_bytes());
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        use std::fmt::Write;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
