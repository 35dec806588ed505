//! Keys of tables that are cryptographic hashes: nobody chooses their bits, so they need not be hashed once more.

use std::hash::{BuildHasher, Hasher};

/// Finds such a key by some of its bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByTag;

/// Keeps the bits of the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bits(u64);

impl BuildHasher for ByTag {
    type Hasher = Bits;

    fn build_hasher(&self) -> Bits {
        Bits::default()
    }
}

impl Hasher for Bits {
    fn write(&mut self, bytes: &[u8]) {
        let mut bits = [0; 8];
        for (bit, byte) in bits.iter_mut().zip(bytes) {
            *bit = *byte;
        }
        self.write_u64(u64::from_le_bytes(bits));
    }

    fn write_u64(&mut self, bits: u64) {
        self.0 ^= bits;
    }

    fn write_usize(&mut self, _: usize) {
        // The length of an array, which is the same for all.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_by_its_first_bits() {
        assert_eq!(
            ByTag.hash_one([1_u8, 2, 3, 4, 5, 6, 7, 8, 9]),
            0x0807_0605_0403_0201
        );
        assert_eq!(ByTag.hash_one(0x1_0000_0000_0000_0002_u128), 2);
    }
}
