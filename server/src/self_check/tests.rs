use super::*;

/// What is found, one line per finding: `-` where nothing is wrong, else the first words of each warning.
fn findings(base_url: &str, settings: &str) -> Vec<(String, String)> {
    let settings: AuthSettings = serde_saphyr::from_str(settings).unwrap();
    let found = check(&settings, &BaseUrl::parse(base_url).unwrap());
    let brief = |warning: &String| warning.split(' ').take(4).collect::<Vec<_>>().join(" ");
    let line = |finding: Finding| {
        let warnings: Vec<_> = finding.warnings.iter().map(brief).collect();
        (finding.fact, warnings.join(" + "))
    };
    found.into_iter().map(line).collect()
}

/// How pages of `origin` fare with a server at `base_url`.
fn origin(base_url: &str, advanced: &str, origin: &str) -> (String, String) {
    let settings = format!("{{trustedOrigins: ['{origin}'], advanced: {advanced}}}");
    findings(base_url, &settings).remove(1)
}

const API: &str = "https://api.shop.example/auth";
const NONE: &str = "{defaultCookieAttributes: {sameSite: none}}";
const CHIPS: &str = "{defaultCookieAttributes: {sameSite: none, partitioned: true}}";
const LAX: &str = "browsers neither keep nor";
const THIRD: &str = "Safari, Firefox and private";

const SAME_SITE: &str = "same site: cookies are sent";

/// Server, its `advanced` settings, and a trusted origin; how both relate, and the beginnings of the warnings.
const PAGES: &[(&str, &str, &str, &str, &str)] = &[
    (API, "{}", "https://api.shop.example", "same origin", ""),
    (API, "{}", "https://app.shop.example", SAME_SITE, ""),
    (API, "{}", "https://*.shop.example", SAME_SITE, ""),
    (API, "{}", "*.shop.example", SAME_SITE, ""),
    (API, "{}", "https://api.shop.example:8443", SAME_SITE, ""),
    (API, "{}", "https://other.example", "cross-site", LAX),
    (
        API,
        "{defaultCookieAttributes: {sameSite: strict}}",
        "https://other.example",
        "cross-site",
        LAX,
    ),
    (API, NONE, "https://other.example", "cross-site", THIRD),
    (API, CHIPS, "https://other.example", "cross-site", ""),
    (
        API,
        "{}",
        "http://app.shop.example",
        "cross-site",
        "http and https count + browsers neither keep nor",
    ),
    (API, "{}", "http://localhost:3000", "cross-site", LAX),
    // Names under a public suffix belong to different people.
    (
        "https://a.github.io",
        "{}",
        "https://b.github.io",
        "cross-site",
        LAX,
    ),
    (
        "https://a.co.uk",
        "{}",
        "https://b.co.uk",
        "cross-site",
        LAX,
    ),
    (
        "https://a.b.co.uk",
        "{}",
        "https://c.b.co.uk",
        SAME_SITE,
        "",
    ),
    (
        "http://localhost:8100",
        "{}",
        "http://localhost:3000",
        SAME_SITE,
        "",
    ),
    (
        "http://localhost:8100",
        "{}",
        "http://127.0.0.1:3000",
        "cross-site",
        LAX,
    ),
    (
        "http://10.0.0.1",
        "{}",
        "http://10.0.0.2",
        "cross-site",
        LAX,
    ),
    ("http://10.0.0.1", "{}", "http://10.0.0.1:81", SAME_SITE, ""),
    (
        API,
        "{}",
        "https://*.github.io",
        "cross-site",
        "trusts names that anybody + browsers neither keep nor",
    ),
    (
        API,
        "{crossSubDomainCookies: {enabled: true, domain: api.shop.example}}",
        "https://app.shop.example",
        SAME_SITE,
        "Domain=api.shop.example does not cover",
    ),
    (
        API,
        "{crossSubDomainCookies: {enabled: true, domain: .shop.example}}",
        "https://app.shop.example",
        SAME_SITE,
        "",
    ),
    (
        API,
        "{}",
        "myapp://",
        "no page of a browser: cookies are the application's affair",
        "",
    ),
];

#[test]
fn pages_fare_as_browsers_let_them() {
    for (base_url, advanced, page, fact, warnings) in PAGES {
        let expected = ((*fact).to_owned(), (*warnings).to_owned());
        let found = origin(base_url, advanced, page);
        assert_eq!(found, expected, "{base_url} {advanced} {page}");
    }
}

#[test]
fn a_cookie_that_browsers_refuse_is_told() {
    for (base_url, advanced, warnings) in [
        (API, "{}", ""),
        ("http://localhost:8100/api", "{}", ""),
        (
            "http://shop.example",
            "{useSecureCookies: true}",
            "browsers refuse a Secure",
        ),
        ("http://shop.example", NONE, "browsers refuse a Secure"),
        (
            "http://localhost:8100",
            "{useSecureCookies: true}",
            "Safari refuses a Secure",
        ),
        (API, "{useSecureCookies: false}", "the cookie also travels"),
        (
            API,
            "{crossSubDomainCookies: {enabled: true, domain: .other.example}}",
            "browsers refuse Domain=other.example from",
        ),
        (
            API,
            "{crossSubDomainCookies: {enabled: true, domain: op.example}}",
            "browsers refuse Domain=op.example from",
        ),
        (
            "https://a.co.uk",
            "{crossSubDomainCookies: {enabled: true, domain: .co.uk}}",
            "browsers refuse Domain=co.uk, under",
        ),
        (
            "http://10.0.0.1",
            "{crossSubDomainCookies: {enabled: true, domain: .0.0.1}}",
            "browsers refuse Domain=0.0.1 from",
        ),
        (
            API,
            "{defaultCookieAttributes: {path: /app}}",
            "browsers never send a",
        ),
        (API, "{defaultCookieAttributes: {path: /auth}}", ""),
        (
            API,
            "{defaultCookieAttributes: {path: /au}}",
            "browsers never send a",
        ),
    ] {
        let found = findings(base_url, &format!("{{advanced: {advanced}}}")).remove(0);
        assert_eq!(found.1, warnings, "{base_url} {advanced}");
    }
}

#[test]
fn the_cookie_is_shown_as_it_is_written() {
    let found = findings(API, &format!("{{advanced: {CHIPS}}}")).remove(0).0;
    assert_eq!(
        found,
        "sets __Secure-better-auth.session_token=*; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    );
}

#[test]
fn patterns_that_match_nothing_are_told_with_what_was_meant() {
    for (pattern, remedy) in [
        ("https://app.example", None),
        ("https://*.app.example", None),
        ("*.app.example", None),
        ("http://localhost:*", None),
        ("10.0.*", None),
        ("myapp://", None),
        ("myapp:", None),
        ("exp://host/path", None),
        ("https://app.example/", Some("write https://app.example")),
        (
            "https://app.example/page",
            Some("write https://app.example"),
        ),
        ("https://app.example:443", Some("write https://app.example")),
        ("https://App.example", Some("write https://app.example")),
        ("HTTPS://app.example", Some("write https://app.example")),
        ("app.example", Some("such as https://app.example")),
        ("localhost:3000", Some("such as https://localhost:3000")),
        ("https://*.app.example/", Some("neither path nor user")),
        ("https://*.App.example", Some("neither path nor user")),
    ] {
        let settings = AuthSettings {
            trusted_origins: Some(vec![pattern.to_owned()]),
            ..AuthSettings::default()
        };
        let found = malformed_origins(&settings);
        let told = found.first().map(ToString::to_string).unwrap_or_default();
        assert_eq!(
            found.len(),
            usize::from(remedy.is_some()),
            "{pattern}: {told}"
        );
        assert!(
            told.ends_with(remedy.unwrap_or_default()),
            "{pattern}: {told}"
        );
    }
}
