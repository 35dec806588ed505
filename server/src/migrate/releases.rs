//! Releases of better-auth between which the schema moved, and what each makes of an empty database: the statements are
//! the release's own, written to `releases/` by `conformance/bin/release-schemas.mjs`.

mod ddl;

use super::catalog::Catalog;
use crate::db::IdKind;

/// A release of better-auth with one type of ids.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// `1.7.25`.
    pub version: &'static str,
    /// The type of its ids.
    pub ids: IdKind,
    /// The statements with which it makes its tables.
    pub ddl: &'static str,
}

impl Release {
    /// The tables that it makes.
    pub(super) fn tables(&self) -> Catalog {
        ddl::parse(self.ddl)
    }
}

macro_rules! releases {
    ($($version:literal: $($kind:ident $file:literal),+;)*) => {
        /// Every known release, the oldest first.
        pub const RELEASES: &[Release] = &[$($(Release {
            version: $version,
            ids: IdKind::$kind,
            ddl: include_str!(concat!("releases/", $version, "-", $file, ".sql")),
        }),+),*];
    };
}

releases! {
    "1.1.21": Text "text";
    "1.2.12": Text "text", Serial "serial";
    "1.3.34": Text "text", Serial "serial";
    "1.4.22": Text "text", Uuid "uuid", Serial "serial";
    "1.5.6": Text "text", Uuid "uuid", Serial "serial";
    "1.6.34": Text "text", Uuid "uuid", Serial "serial";
    "1.7.0": Text "text", Uuid "uuid", Serial "serial";
    "1.7.2": Text "text", Uuid "uuid", Serial "serial";
    "1.7.3": Text "text", Uuid "uuid", Serial "serial";
    "1.7.25": Text "text", Uuid "uuid", Serial "serial";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_known_release() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/migrate/releases");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "sql"));
        assert_eq!(files.count(), RELEASES.len());
    }

    #[test]
    fn every_release_makes_the_four_tables_and_the_rate_limits() {
        for release in RELEASES {
            let tables = release.tables();
            for name in ["user", "session", "account", "verification", "rateLimit"] {
                assert!(tables.table(name).is_some(), "{release:?} has no {name}");
            }
        }
    }
}
