use proptest::prelude::*;

use super::{Class, Effects, is_batch, objections};
use crate::migrate::embedded;

fn locks(script: &str) -> Vec<String> {
    let locks = Effects::of(script).locks.into_iter();
    locks
        .map(|lock| format!("{} on {}", lock.mode, lock.table))
        .collect()
}

#[test]
fn each_embedded_migration_does_only_what_its_class_may() {
    for migration in embedded() {
        let script = migration.script(&crate::db::Tables::default());
        let found = objections(migration.class, &script);
        assert!(found.is_empty(), "{}: {found:?}", migration.label());
    }
}

#[test]
fn what_removes_or_blocks_belongs_into_a_contract() {
    for script in [
        "DROP TABLE a",
        "ALTER TABLE a DROP COLUMN b",
        "ALTER TABLE a DROP b",
        "ALTER TABLE a RENAME COLUMN b TO c",
        "ALTER TABLE a RENAME TO c",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL",
        "ALTER TABLE a ALTER COLUMN b TYPE bigint",
        "ALTER TABLE a ALTER b SET DATA TYPE bigint",
        "ALTER TABLE a ADD COLUMN b text NOT NULL",
        "ALTER TABLE a ADD UNIQUE (b)",
        "ALTER TABLE a ADD CHECK (b > 0)",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c (id)",
        "CREATE INDEX i ON a (b)",
        "CREATE UNIQUE INDEX i ON a (b)",
        "DROP INDEX i",
        "TRUNCATE a",
        "DO $$ BEGIN IF true THEN DROP TABLE a; END IF; END $$",
        "select 1; drop /* why */ table a",
    ] {
        assert!(!objections(Class::Expand, script).is_empty(), "{script}");
        assert!(objections(Class::Contract, script).is_empty(), "{script}");
    }
}

#[test]
fn what_only_adds_may_expand() {
    for script in [
        "CREATE TABLE a (b text NOT NULL UNIQUE); CREATE INDEX i ON a (b)",
        "CREATE TABLE a (b text); ALTER TABLE a ADD UNIQUE (b)",
        "ALTER TABLE a ADD COLUMN b text",
        "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT 'DROP TABLE a'",
        "ALTER TABLE a ALTER COLUMN b DROP NOT NULL",
        "ALTER TABLE a ADD CHECK (b > 0) NOT VALID",
        "ALTER TABLE a VALIDATE CONSTRAINT c",
        "ALTER TABLE a ADD UNIQUE USING INDEX i",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON a (b)",
        "SELECT 'DROP TABLE a' -- DROP TABLE a",
    ] {
        assert_eq!(objections(Class::Expand, script), [""; 0], "{script}");
    }
}

#[test]
fn a_backfill_works_in_bounded_batches() {
    let batch = "UPDATE a SET b = 1 WHERE id IN (SELECT id FROM a WHERE b IS NULL LIMIT 1000)";
    assert!(is_batch(batch));
    assert!(objections(Class::Backfill, batch).is_empty());
    for script in [
        "UPDATE a SET b = 1",
        "ALTER TABLE a ADD COLUMN b text",
        "SELECT 1 LIMIT 1",
    ] {
        assert!(!objections(Class::Backfill, script).is_empty(), "{script}");
    }
}

#[test]
fn locks_are_named_with_their_tables() {
    let script = "ALTER TABLE ONLY public.\"user\" ADD COLUMN a text; CREATE INDEX CONCURRENTLY i ON Session (a);
                  CREATE TABLE b (u text REFERENCES \"user\"); UPDATE account SET a = 1; DELETE FROM c";
    assert_eq!(
        locks(script),
        [
            "ROW EXCLUSIVE on account",
            "ROW EXCLUSIVE on c",
            "SHARE UPDATE EXCLUSIVE on session",
            "ACCESS EXCLUSIVE on user",
            "SHARE ROW EXCLUSIVE on user",
        ]
    );
}

#[test]
fn what_loses_data_is_destructive() {
    for (script, destructive) in [
        ("DROP TABLE a", true),
        ("ALTER TABLE a DROP b", true),
        ("ALTER TABLE a DROP CONSTRAINT b", false),
        ("ALTER TABLE a ALTER b TYPE int", true),
        ("DELETE FROM a WHERE b", true),
        ("DROP INDEX a", false),
        ("TRUNCATE a", true),
        (
            "CREATE TRIGGER t AFTER TRUNCATE ON a EXECUTE FUNCTION f()",
            false,
        ),
        ("ALTER TABLE a ADD COLUMN b text", false),
        ("CREATE TABLE a (b text); DROP TABLE a", false),
    ] {
        assert_eq!(Effects::of(script).destructive, destructive, "{script}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(script in "(CREATE|DROP|ALTER|TABLE|INDEX|ON|UPDATE|SET|[a-z\"'$;./ -]){0,20}|.{0,40}") {
        let _ = Effects::of(&script);
        let _ = is_batch(&script);
    }
}
