//! Which image of the auth server a spec asks for, and what images are of.

use authbackend_crds::v1alpha1::AuthBackendSpec;

/// `spec.image`, or the default image, with its tag replaced by `spec.version` where one is given.
pub fn of(spec: &AuthBackendSpec, default: &str) -> String {
    match (&spec.image, &spec.version) {
        (Some(image), _) => image.clone(),
        (None, Some(version)) => format!("{}:{version}", repository(default)),
        (None, None) => default.to_owned(),
    }
}

/// The release that an image's reference names: its tag, else its digest's first twelve digits.
pub fn version(image: &str) -> Option<String> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    if let Some((_, tag)) = split_tag(name) {
        return Some(tag.to_owned());
    }
    let (_, digits) = digest?.split_once(':')?;
    Some(digits.chars().take(12).collect())
}

/// The major version of Postgres in an image, where its tag says so: `17`, `17.2-bookworm`, `pg17`, `2.17.2-pg17`. None is told
/// where the tag counts something else, nor of an image that is named by its digest alone.
pub fn postgres_major(image: &str) -> Option<u32> {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let (_, tag) = split_tag(name)?;
    let words = || tag.split(['-', '_']);
    let named = words().find_map(|word| leading_number(word.strip_prefix("pg")?));
    let named = named.or_else(|| leading_number(words().next()?));
    // Those with a single number before the dot. Below are releases of something else, above are years.
    named.filter(|major| (10..100).contains(major))
}

fn leading_number(word: &str) -> Option<u32> {
    let end = word.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = word.split_at(end.unwrap_or(word.len()));
    (rest.is_empty() || rest.starts_with('.'))
        .then(|| digits.parse().ok())
        .flatten()
}

/// The reference without tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    split_tag(name).map_or(name, |(repository, _)| repository)
}

/// Repository and tag. A colon before the last slash belongs to the registry's port.
fn split_tag(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str = "registry.example:5000/authbackend/server:1.4.0";

    fn spec(image: Option<&str>, version: Option<&str>) -> AuthBackendSpec {
        AuthBackendSpec {
            image: image.map(str::to_owned),
            version: version.map(str::to_owned),
            ..AuthBackendSpec::default()
        }
    }

    #[test]
    fn without_a_wish_it_is_the_default() {
        assert_eq!(of(&spec(None, None), DEFAULT), DEFAULT);
    }

    #[test]
    fn an_image_is_taken_as_it_is() {
        assert_eq!(
            of(&spec(Some("my/server@sha256:ab"), None), DEFAULT),
            "my/server@sha256:ab"
        );
    }

    #[test]
    fn a_version_replaces_the_tag_of_the_default() {
        let expected = "registry.example:5000/authbackend/server:1.5.0";
        assert_eq!(of(&spec(None, Some("1.5.0")), DEFAULT), expected);
    }

    #[test]
    fn a_version_replaces_the_digest_of_the_default() {
        let default = "registry.example:5000/server@sha256:0123";
        assert_eq!(
            of(&spec(None, Some("1.5.0")), default),
            "registry.example:5000/server:1.5.0"
        );
    }

    #[test]
    fn the_version_of_an_image_is_its_tag() {
        assert_eq!(version(DEFAULT).as_deref(), Some("1.4.0"));
        assert_eq!(
            version("server:1.4.0@sha256:0123456789abcdef").as_deref(),
            Some("1.4.0")
        );
    }

    #[test]
    fn the_version_of_an_image_without_tag_is_the_start_of_its_digest() {
        assert_eq!(
            version("r:5000/server@sha256:0123456789abcdef").as_deref(),
            Some("0123456789ab")
        );
    }

    #[test]
    fn the_major_version_of_postgres_is_read_from_the_tag() {
        for (image, major) in [
            ("postgres:17", Some(17)),
            ("registry.example:5000/postgres:17.2-alpine", Some(17)),
            ("postgres:18@sha256:0123", Some(18)),
            ("pgvector/pgvector:pg17", Some(17)),
            ("timescale/timescaledb:2.17.2-pg16", Some(16)),
            ("postgis/postgis:17-3.5", Some(17)),
            ("postgres:18beta1", None),
            ("postgres:latest", None),
            ("postgres:2026-05-01", None),
            ("company/database:1.2.3", None),
            ("postgres@sha256:0123", None),
            ("registry.example:5000/postgres", None),
        ] {
            assert_eq!(postgres_major(image), major, "{image}");
        }
    }

    #[test]
    fn an_image_with_neither_names_no_version() {
        assert_eq!(version("registry.example:5000/server"), None);
    }
}
