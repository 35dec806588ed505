use proptest::prelude::*;

use super::*;

fn trusted(patterns: &[&str]) -> TrustedOrigins {
    let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    TrustedOrigins::new("http://localhost:4001", &patterns).unwrap()
}

/// Redirects that better-auth accepts.
const ACCEPTED: &[&str] = &[
    "/ok",
    "/ok?a=b#c",
    "/a/../b",
    "/a:b",
    "/a//b",
    "/..//e.t",
    "/a b",
    "/a@b",
    "/a,b",
    "/a;b",
    "/(a)",
    "/[a]",
    "/a%zz",
    "/a%00",
    "/é",
    "/ok?next=%2Fhome",
    "http://localhost:4001",
    "http://localhost:4001/x?y#z",
    "HTTP://LOCALHOST:4001/x",
    "https://a.example.com/x",
    "https://a.b.example.com/x",
    "myapp://cb",
    "myapp:cb",
];

/// Redirects that better-auth refuses.
const REFUSED: &[&str] = &[
    "https://example.com",
    "http://a.example.com",
    "https://evil.com/.example.com",
    "https://evil.com?x=.example.com",
    "https://a.example.com.evil.com",
    "https://a.example.com@evil.com/",
    "otherapp://x",
    "//evil.com",
    "/\\evil.com",
    "\\\\evil.com",
    "/a\\b",
    "/%5cevil.com",
    "/%5Cevil.com",
    "/%2fevil.com",
    "/%2Fevil.com",
    "/ok%2fx",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost:4001.evil.com",
    "http://localhost:40010",
    "https://localhost:4001",
    "http:evil.com",
    "https:/evil.com",
    "relative",
    "./relative",
    "/\tevil",
    "\t//evil.com",
    "/\u{85}x",
    "",
];

#[test]
fn redirects_are_judged_as_better_auth_does() {
    let trusted = trusted(&["https://*.example.com", "myapp://"]);
    for (urls, accepted) in [(ACCEPTED, true), (REFUSED, false)] {
        for url in urls {
            assert_eq!(trusted.trusts_redirect(url), accepted, "{url}");
        }
    }
}

#[test]
fn an_origin_header_is_never_relative() {
    let trusted = trusted(&[]);
    for (origin, accepted) in [
        ("http://localhost:4001", true),
        ("http://localhost:4001/page?x", true),
        ("http://localhost:4002", false),
        ("null", false),
        ("/ok", false),
        ("", false),
    ] {
        assert_eq!(trusted.trusts_origin(origin), accepted, "{origin}");
    }
}

/// Pattern, URL, whether it matches.
const PATTERNS: &[(&str, &str, bool)] = &[
    ("https://a.com", "https://a.com/x", true),
    ("https://a.com", "https://a.com:8443", false),
    ("https://a.com/", "https://a.com", false),
    ("https://a.com:443", "https://a.com", false),
    ("https://*.a.com", "https://x.y.a.com", true),
    ("https://*.a.com", "https://a.com", false),
    ("https://*.a.com", "http://x.a.com", false),
    ("https://*.a.com", "https://x.a.com:8443", false),
    ("https://a?.com", "https://ab.com", true),
    ("https://a?.com", "https://a.com", false),
    ("https://*.a.com:*", "https://x.a.com:8443", true),
    ("*.a.com", "https://x.a.com", true),
    ("*.a.com", "http://x.a.com", true),
    ("*.a.com", "myapp://x.a.com/y", true),
    ("*.a.com", "https://x.a.com:8443", false),
    ("*.a.com:8443", "https://x.a.com:8443", true),
    ("*.a.com", "https://evil.com/x.a.com", false),
    ("10.0.*", "http://10.0.0.1", true),
    ("10.0.*", "http://10.0.evil.com", false),
    ("192.168.*.*:3000", "http://192.168.1.2:3000", true),
    ("http://192.168.*", "http://192.168.1.2", true),
    ("http://192.168.*", "http://192.168.evil.com", false),
    ("myapp://", "myapp://", true),
    ("myapp://", "MyApp://cb", true),
    ("myapp://", "myapp2://cb", false),
    ("myapp://host", "myapp://host/cb", true),
    ("myapp://host", "myapp://other/cb", false),
    ("myapp://host/cb", "myapp://host/cb", true),
    ("myapp://host/cb", "myapp://host/cb/more?x#y", true),
    ("myapp://host/cb", "myapp://host/cbx", false),
    ("myapp://host/cb", "myapp://host/cb/../evil", false),
    ("myapp://host/cb", "myapp://host/cb/%2e%2e/evil", false),
    ("exp://192.168.*.*:*/*", "exp://192.168.0.2:8081/--", true),
    (
        "exp://192.168.*.*:*/*",
        "exp://192.168.evil.com:8081/--",
        false,
    ),
    ("exp://*.host/cb/*", "exp://a.host/cb/x", true),
    ("exp://*.host/cb/*", "exp://a.host/other", false),
    ("exp://*", "exp://user@host", false),
    ("exp://**/x", "exp://a/x", true),
];

#[test]
fn every_kind_of_pattern_matches_what_it_says() {
    for (pattern, url, matches) in PATTERNS {
        assert_eq!(
            Pattern::new(pattern).unwrap().matches(url),
            *matches,
            "{pattern} {url}"
        );
    }
}

proptest! {
    #[test]
    fn any_pattern_and_any_url_are_harmless(pattern in ".{0,40}", url in ".{0,60}") {
        let trusted = trusted(&[&pattern]);
        trusted.trusts_redirect(&url);
        trusted.trusts_origin(&url);
    }

    #[test]
    fn a_relative_redirect_that_is_trusted_stays_on_the_page(url in "/[ -~]{0,20}") {
        if trusted(&[]).trusts_redirect(&url) {
            let page = Url::parse("https://page.example/a/b").unwrap();
            prop_assert_eq!(page.join(&url).unwrap().origin(), page.origin());
        }
    }
}
