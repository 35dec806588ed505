use proptest::prelude::*;
use time::macros::datetime;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";
const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

/// Made by `symmetricEncodeJWT` of better-auth 1.7.25, good until 2096.
const SESSION: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoibDBhU3J4RWRsX2xKWjgzT2RnWkNBQ29HbjNOUTY4MDdmcVBoMTZNREdsVSJ9..4LL102HUs3miJOaOQ9mVIQ.Op6_2Vi51IWzCapFMLv47kqoK6wpVYVFowjUya1fITWJY5zwveo4NkInLam2I4ivs3g4jSSks-WXAUWRDxaqOO6sdYg5AwPcLRvpoSwwwIh7WsXW6Jr6k45Uts82lymztjRACoAhtJbW0tByaE8GwLgDvEU-b1Q73YMGv9tfMNY.9ytUqNnGlaobOCdVJhdbC2HF2n9Wdx5sm_OzRZ9gy9o";
const ACCOUNT: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiQnhtYWZrWjU0Mk0yN3pvMGJGRWVQTEdOSHJsbndLS3IyNkRaR1k2cERNQSJ9..f5ED4TLIUDB2kMN2p6xw-A.0W5hCmxcE3qk-pcT32b-3yFtDXjKAtTpJhN1i15HmoPoVRldYRyzM87Aa5DmOW9MyXQ0YtUbGefSHPEnz2RnUc8Lk7AaRAmo-oEkF4jcP8LbU7vUT0fVnds9C08mg89qB-TsIeVhPtOg99r4rtI3iA.Bntwb2LjKUAMOjUdvpYCJ06NDEh7u-Kw7wfhEmexrNQ";

fn encrypter(kind: Kind) -> Encrypter {
    Encrypter::new([SECRET], kind)
}

fn claims() -> Map<String, Value> {
    Map::from_iter([("name".to_owned(), "Zoë".into())])
}

fn encrypt(encrypter: &Encrypter) -> String {
    let random = Random::from_seed(1);
    encrypter
        .encrypt(claims(), NOW, Duration::HOUR, &random)
        .unwrap()
}

#[test]
fn a_token_of_better_auth_is_decrypted() {
    let session = encrypter(Kind::Session).decrypt(SESSION, NOW).unwrap();
    assert_eq!(session["session"], json!({ "token": "t" }));
    assert_eq!(session["user"], json!({ "name": "Zoë" }));
    let account = encrypter(Kind::Account).decrypt(ACCOUNT, NOW).unwrap();
    assert_eq!(account["providerId"], "github");
}

#[test]
fn a_token_is_decrypted_for_its_own_kind_of_cookie_only() {
    assert_eq!(encrypter(Kind::Account).decrypt(SESSION, NOW), None);
    assert_eq!(encrypter(Kind::Session).decrypt(ACCOUNT, NOW), None);
}

#[test]
fn the_header_is_that_of_better_auth() {
    let token = encrypt(&encrypter(Kind::Session));
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
    let header: Value = serde_json::from_slice(&header.unwrap()).unwrap();
    let expected = json!({
        "alg": "dir",
        "enc": "A256CBC-HS512",
        "kid": "l0aSrxEdl_lJZ83OdgZCACoGn3NQ6807fqPh16MDGlU",
    });
    assert_eq!(header, expected);
}

#[test]
fn a_token_says_since_when_and_until_when_it_is_good() {
    let encrypter = encrypter(Kind::Session);
    let said = encrypter.decrypt(&encrypt(&encrypter), NOW).unwrap();
    let iat = NOW.unix_timestamp();
    assert_eq!(
        (&said["iat"], &said["exp"]),
        (&iat.into(), &(iat + 3600).into())
    );
    assert_eq!(said["jti"].as_str().map(str::len), Some(36));
}

#[test]
fn a_token_expires_fifteen_seconds_after_its_time() {
    let encrypter = encrypter(Kind::Session);
    let token = encrypt(&encrypter);
    let after = |seconds| encrypter.decrypt(&token, NOW + Duration::seconds(seconds));
    assert!(after(3614).is_some());
    assert!(after(3615).is_none());
}

#[test]
fn the_first_secret_encrypts_and_every_secret_decrypts() {
    let old = Encrypter::new(["old"], Kind::Session);
    let both = Encrypter::new(["new", "old"], Kind::Session);
    assert!(both.decrypt(&encrypt(&old), NOW).is_some());
    assert!(old.decrypt(&encrypt(&both), NOW).is_none());
}

#[test]
fn a_token_of_another_form_is_refused() {
    let token = encrypt(&encrypter(Kind::Session));
    let parts: Vec<_> = token.split('.').collect();
    let header = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for tampered in [
        String::new(),
        "....".to_owned(),
        token.replacen("..", ".AA.", 1),
        format!("{token}.AA"),
        parts[..4].join("."),
        [
            &header(json!({ "alg": "dir", "enc": "A256GCM" })),
            "",
            parts[2],
            parts[3],
            parts[4],
        ]
        .join("."),
        [parts[0], "", parts[2], parts[3], &parts[4][..16]].join("."),
        [parts[0], "", "AA", parts[3], parts[4]].join("."),
        [parts[0], "", parts[2], "", parts[4]].join("."),
    ] {
        let decrypted = encrypter(Kind::Session).decrypt(&tampered, NOW);
        assert_eq!(decrypted, None, "{tampered}");
    }
}

proptest! {
    #[test]
    fn what_is_encrypted_is_decrypted_and_a_changed_character_is_not(
        text in ".*",
        at: prop::sample::Index,
    ) {
        let encrypter = encrypter(Kind::Session);
        let claims = Map::from_iter([("text".to_owned(), Value::from(text.as_str()))]);
        let token = encrypter
            .encrypt(claims, NOW, Duration::HOUR, &Random::from_seed(1))
            .unwrap();
        prop_assert_eq!(&encrypter.decrypt(&token, NOW).unwrap()["text"], &Value::from(text));
        let mut changed = token.into_bytes();
        let at = at.index(changed.len());
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        prop_assert_eq!(encrypter.decrypt(&changed, NOW), None);
    }

    #[test]
    fn any_text_is_decrypted_without_harm(token in ".*") {
        prop_assert_eq!(encrypter(Kind::Session).decrypt(&token, NOW), None);
    }
}
