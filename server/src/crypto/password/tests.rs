use authbackend_crds::auth::Argon2id;

use super::*;

/// A hash that better-auth 1.7.25 made of `password123`.
const SCRYPT: &str = "4fd51a04136afc90f5957db1a8ad0ace:381592f45151e9cccce0f107ec014a6ae9f1786e8d675ecef2e7e073be62b79b674e505891fe0a6994e622b3e305e8bde97d883d56092d6c7de35328492e14a5";

fn argon2id(memory_kib: u32, iterations: u32) -> Scheme {
    let cost = Argon2id {
        memory_kib: Some(memory_kib),
        iterations: Some(iterations),
        parallelism: None,
    };
    Scheme::new(&PasswordHashing {
        argon2id: Some(cost),
        ..PasswordHashing::default()
    })
    .unwrap()
}

fn hash(scheme: &Scheme, password: &str) -> String {
    scheme
        .hash(password, &Random::from_seed(1), &mut Memory::default())
        .unwrap()
}

fn verifies(stored: &str, password: &str) -> bool {
    verify(stored, password, &mut Memory::default()).unwrap()
}

#[test]
fn hashes_that_better_auth_made_verify() {
    assert!(verifies(SCRYPT, "password123"));
    assert!(!verifies(SCRYPT, "password124"));
}

#[test]
fn scrypt_hashes_have_the_form_of_better_auths() {
    let stored = hash(&Scheme::Scrypt, "correct horse");
    let (salt, key) = stored.split_once(':').unwrap();
    assert_eq!((salt.len(), key.len()), (32, 128));
    assert!(verifies(&stored, "correct horse"));
}

#[test]
fn argon2id_hashes_are_phc_strings_with_the_cost_in_them() {
    let stored = hash(&argon2id(8192, 1), "correct horse");
    assert!(
        stored.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"),
        "{stored}"
    );
    assert!(verifies(&stored, "correct horse"));
    assert!(!verifies(&stored, "wrong horse"));
}

#[test]
fn the_default_cost_is_the_recommendation_of_owasp() {
    let scheme = Scheme::new(&PasswordHashing::default()).unwrap();
    assert!(hash(&scheme, "correct horse").starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[test]
fn a_hash_of_the_reference_implementation_verifies() {
    // From the tests of the reference implementation: t=2, 2^16 KiB, one lane, "password", "somesalt".
    let stored =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert!(verifies(stored, "password"));
}

#[test]
fn working_memory_serves_hashes_of_any_size_in_turn() {
    let mut memory = Memory::default();
    for kib in [8192, 16384, 8192] {
        let scheme = argon2id(kib, 1);
        let stored = scheme
            .hash("correct horse", &Random::from_seed(1), &mut memory)
            .unwrap();
        assert_eq!(verify(&stored, "correct horse", &mut memory), Ok(true));
    }
}

#[test]
fn equivalent_characters_give_the_same_password() {
    let composed = hash(&argon2id(8192, 1), "\u{e5}ngstr\u{f6}m \u{fb01}");
    assert!(verifies(&composed, "a\u{30a}ngstro\u{308}m fi"));
}

#[test]
fn a_hash_is_outdated_when_algorithm_or_parameters_differ() {
    let scheme = argon2id(8192, 2);
    let cases = [
        (hash(&scheme, "p"), false),
        (hash(&argon2id(8192, 1), "p"), true),
        (hash(&argon2id(9216, 2), "p"), true),
        (hash(&scheme, "p").replace("argon2id", "argon2i"), true),
        (SCRYPT.to_owned(), true),
    ];
    for (stored, outdated) in cases {
        assert_eq!(scheme.is_outdated(&stored), outdated, "{stored}");
    }
    assert!(!Scheme::Scrypt.is_outdated(SCRYPT));
    assert!(Scheme::Scrypt.is_outdated(&hash(&scheme, "p")));
}

#[test]
fn a_hash_of_unknown_format_is_an_error_rather_than_a_wrong_password() {
    let texts = [
        "",
        "plain",
        "$2b$12$abcdefghijklmnopqrstuv",
        "abc:",
        ":",
        "$argon2id$v=19",
    ];
    for stored in texts {
        let result = verify(stored, "password", &mut Memory::default());
        assert!(result.is_err(), "{stored:?}");
    }
}

#[test]
fn any_salt_and_key_are_a_hash_if_perhaps_of_no_password() {
    assert!(!verifies("a:b", "password"));
}

#[test]
fn a_stored_hash_cannot_ask_for_more_memory_than_the_settings_may() {
    let stored = "$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHQ$Wdg16CiLkYgZCBuyCgOV5EPpLgSUnBfX";
    let result = verify(stored, "password", &mut Memory::default());
    assert_eq!(result, Err(PasswordError::Parameters));
}

#[test]
fn length_is_counted_in_utf_16_code_units() {
    // A letter, a letter of two bytes in UTF-8, an emoji of two code units in UTF-16.
    for (password, units) in [("aaaa", 4), ("éééé", 4), ("😀😀", 4), ("", 0)] {
        assert!(!is_shorter(password, units), "{password}");
        assert!(is_shorter(password, units + 1), "{password}");
        assert!(!is_longer(password, units), "{password}");
        assert!(units == 0 || is_longer(password, units - 1), "{password}");
    }
}
