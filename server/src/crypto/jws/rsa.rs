//! New RSA keys (FIPS 186-5, appendix A.1), which no other library here makes.

use crypto_bigint::{BoxedUint, ConcatenatingMul as _, Lcm as _, NonZero, Resize as _};
use crypto_primes::{
    Flavor,
    hazmat::{SetBits, SmallFactorsSieveFactory},
    is_prime, sieve_and_find,
};

use super::{Jwk, jwk::encode, private_key::PrivateJwk};
use crate::crypto::random::{Generator, Random};

/// The public exponent that everybody uses.
const PUBLIC_EXPONENT: u32 = 65_537;

/// How often two primes are tried, of which nearly every pair makes a key.
const ATTEMPTS: usize = 16;

/// A new key with a modulus of `bits`: 2048, 3072 or 4096.
pub(super) fn generate(bits: u32, random: &Random) -> Option<PrivateJwk> {
    if !matches!(bits, 2048 | 3072 | 4096) {
        return None;
    }
    let mut generator = random.fork();
    std::iter::repeat_with(|| attempt(bits / 2, &mut generator))
        .take(ATTEMPTS)
        .find_map(|key| key)
}

fn attempt(bits: u32, generator: &mut Generator) -> Option<PrivateJwk> {
    let (first, second) = (prime(bits, generator)?, prime(bits, generator)?);
    if first == second {
        return None;
    }
    let (p, q) = if first > second {
        (first, second)
    } else {
        (second, first)
    };
    let one = BoxedUint::one_with_precision(bits);
    let (p_less, q_less) = (p.wrapping_sub(&one), q.wrapping_sub(&one));
    let order = p_less.lcm(&q_less);
    let exponent = BoxedUint::from(PUBLIC_EXPONENT).resize(order.bits_precision());
    // None where the exponent divides the order.
    let d = invert(&exponent, &order)?;
    let remainder = |modulus: &BoxedUint| {
        let modulus = Option::<NonZero<_>>::from(modulus.to_nz())?;
        Some(d.rem(&modulus))
    };
    Some(PrivateJwk {
        public: Jwk {
            n: Some(number(&p.concatenating_mul(&q))),
            e: Some(number(&BoxedUint::from(PUBLIC_EXPONENT))),
            ..Jwk::default()
        },
        dp: Some(number(&remainder(&p_less)?)),
        dq: Some(number(&remainder(&q_less)?)),
        qi: Some(number(&invert(&q, &p)?)),
        d: Some(number(&d)),
        p: Some(number(&p)),
        q: Some(number(&q)),
    })
}

/// A random prime of exactly `bits`, whose two first bits are set: so the product of two has twice as many.
fn prime(bits: u32, generator: &mut Generator) -> Option<BoxedUint> {
    let candidates = SmallFactorsSieveFactory::new(Flavor::Any, bits, SetBits::TwoMsb).ok()?;
    sieve_and_find(generator, candidates, |_, candidate| {
        is_prime(Flavor::Any, candidate)
    })
    .ok()?
}

fn invert(number: &BoxedUint, modulus: &BoxedUint) -> Option<BoxedUint> {
    let modulus = Option::<NonZero<_>>::from(modulus.to_nz())?;
    Option::from(number.invert_mod(&modulus))
}

fn number(number: &BoxedUint) -> String {
    encode(&number.to_be_bytes_trimmed_vartime())
}
