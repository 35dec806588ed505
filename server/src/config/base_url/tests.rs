use proptest::prelude::*;

use super::BaseUrl;

#[test]
fn the_path_is_the_mount_path() {
    let url = BaseUrl::parse("https://shop.example/api").unwrap();
    assert_eq!(
        (url.as_str(), url.origin(), url.mount_path(), url.is_https()),
        (
            "https://shop.example/api",
            "https://shop.example",
            "/api",
            true
        )
    );
}

#[test]
fn without_a_path_the_api_is_mounted_where_better_auth_mounts_it() {
    let url = BaseUrl::parse("http://localhost:3000").unwrap();
    assert_eq!(
        (url.as_str(), url.mount_path()),
        ("http://localhost:3000/api/auth", "/api/auth")
    );
    assert!(!url.is_https());
}

#[test]
fn the_default_port_is_not_part_of_the_origin() {
    assert_eq!(
        BaseUrl::parse("https://a.example:443/x").unwrap().origin(),
        "https://a.example"
    );
    assert_eq!(
        BaseUrl::parse("http://[::1]:8100/x").unwrap().origin(),
        "http://[::1]:8100"
    );
}

#[test]
fn what_is_not_the_address_of_an_api_is_refused() {
    for text in [
        "",
        "shop.example",
        "/api",
        "ftp://shop.example",
        "https://",
        "https://user:word@shop.example",
        "https://user@shop.example",
        "https://shop.example/api?x=1",
        "https://shop.example/api?",
        "https://shop.example/api#",
        "https://shop.example/",
        "https://shop.example/api/",
        "https://shop.example/a b",
        " https://shop.example",
        "https://shop.example//api",
        "https://shop.example/api/..",
        "https://shop.example/_/%2e",
        "https://shop.example/./api",
    ] {
        assert!(BaseUrl::parse(text).is_err(), "{text:?} was accepted");
    }
}

#[test]
fn the_refusal_does_not_repeat_the_value() {
    let problem = BaseUrl::parse("https://user:hunter2@shop.example").unwrap_err();
    assert!(!problem.contains("hunter2"), "{problem}");
}

proptest! {
    #[test]
    fn parsing_never_panics(text in ".{0,80}") {
        let _ = BaseUrl::parse(&text);
    }

    #[test]
    fn an_accepted_url_is_origin_and_mount_path_and_parses_to_itself(
        scheme in "https?", host in "[a-z]{1,8}(\\.[a-z]{2,4})?", port in proptest::option::of(1u16..),
        path in "(/[a-z0-9_~-][a-z0-9._~-]{0,5}){0,3}",
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = BaseUrl::parse(&format!("{scheme}://{host}{port}{path}")).unwrap();
        prop_assert_eq!(format!("{}{}", url.origin(), url.mount_path()), url.as_str());
        prop_assert!(url.mount_path().starts_with('/') && !url.mount_path().ends_with('/'));
        prop_assert_eq!(&BaseUrl::parse(url.as_str()).unwrap(), &url);
    }
}
