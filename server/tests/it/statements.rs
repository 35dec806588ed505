//! Every statement of the server finds its rows by an index, and whoever changes users or sessions tells it.
//!
//! The statements are found in the source: every text there that begins as one does is taken for one, so that a new one
//! cannot be forgotten.

use std::{collections::BTreeSet, fs, path::Path};

use auth_server::db::Tables;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, raw_sql};

use crate::support::TestDatabase;

/// What is not asked while requests are served: the migrator, and what looks whether the schema is there.
const APART: [&str; 4] = ["migrate/", "migrate.rs", "db/", "db.rs"];

/// Statements that read a table as a whole, each with its reason: the beginning of the text and the table.
const WHOLE: [(&str, &str, &str); 4] = [
    (
        "DELETE FROM {rateLimit} WHERE ctid",
        "rateLimit",
        "has a row for each client of the last minutes only",
    ),
    (
        "SELECT kind, count(*) FROM authbackend_outbox",
        "authbackend_outbox",
        "counts what waits: a table that is empty when all is well",
    ),
    (
        "SELECT min({account.password})",
        "account",
        "looks once, at the start, at every hash, beside the requests",
    ),
    (
        "SELECT {jwks.id}::text",
        "jwks",
        "reads all signing keys, of which there are a few",
    ),
];

/// Statements that change sessions and tell nobody, each with its reason: how the text begins.
const SILENT: [(&str, &str); 1] = [(
    "WITH turn AS MATERIALIZED",
    "removes sessions that ended an hour ago, of which no copy is used",
)];

struct Statement {
    file: String,
    text: String,
    /// Whether the function that holds it tells of changes.
    tells: bool,
}

fn statements() -> Vec<Statement> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    read_folder(&root, &root, &mut found);
    found
}

fn read_folder(root: &Path, folder: &Path, found: &mut Vec<Statement>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let is_apart = APART.iter().any(|apart| name.starts_with(apart));
        if path.is_dir() {
            if !is_apart && !name.ends_with("/tests") {
                read_folder(root, &path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs")
            && !name.ends_with("tests.rs")
            && !is_apart
        {
            let source = fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            for (position, text) in texts(code) {
                if is_statement(&text) {
                    found.push(Statement {
                        file: name.clone(),
                        text,
                        tells: function_around(code, position).contains(".changed("),
                    });
                }
            }
        }
    }
}

/// The function of which the text at `position` is a part: up to a brace at the beginning of a line.
fn function_around(code: &str, position: usize) -> &str {
    let start = code[..position].rfind("\n}").unwrap_or(0);
    let end = code[position..]
        .find("\n}")
        .map_or(code.len(), |end| position + end);
    &code[start..end]
}

/// The texts in `code`, each with its place.
fn texts(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(rest) = code.get(position..).filter(|rest| !rest.is_empty()) {
        let raw = rest
            .strip_prefix('r')
            .map(|raw| raw.trim_start_matches('#'));
        let is_name = code[..position].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        position += if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = raw.filter(|raw| raw.starts_with('"') && !is_name) {
            let marks = rest.len() - raw.len() - 1;
            let end = format!("\"{}", "#".repeat(marks));
            let length = raw[1..].find(&end).unwrap();
            found.push((position, raw[1..=length].to_owned()));
            1 + marks + 1 + length + end.len()
        } else if let Some(text) = rest.strip_prefix('"') {
            let mut text_length = 0;
            while !text[text_length..].starts_with('"') {
                let is_escaped = text[text_length..].starts_with('\\');
                let character = text[text_length + usize::from(is_escaped)..].chars().next();
                text_length += usize::from(is_escaped) + character.unwrap().len_utf8();
            }
            found.push((position, unescaped(&text[..text_length])));
            text_length + 2
        } else if rest.starts_with("'\\") {
            // A character that is escaped, perhaps a quote.
            3 + rest[3..].find('\'').unwrap() + 1
        } else if rest.starts_with("'\"'") {
            3
        } else {
            rest.chars().next().unwrap().len_utf8()
        };
    }
    found
}

/// What a text means whose escapes are those of the statements here.
fn unescaped(text: &str) -> String {
    let joined: Vec<&str> = text.split("\\\n").collect();
    let joined: Vec<&str> = joined
        .iter()
        .enumerate()
        .map(|(line, text)| if line == 0 { text } else { text.trim_start() })
        .collect();
    joined.concat().replace("\\\"", "\"")
}

fn is_statement(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first) && words.next().is_some()
}

/// The text in one line.
fn shown(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn run(connection: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Prepares a statement with so many parameters. Where Postgres cannot tell what one is, because a statement for these
/// tables does not use it, it is a text.
async fn prepare(
    connection: &mut PgConnection,
    number: usize,
    sql: &str,
    parameters: usize,
) -> sqlx::Result<()> {
    let mut types = vec!["unknown"; parameters];
    loop {
        let list = if types.is_empty() {
            String::new()
        } else {
            format!("({})", types.join(", "))
        };
        let Err(error) = run(connection, &format!("PREPARE s{number}{list} AS {sql}")).await else {
            return Ok(());
        };
        let message = error.to_string();
        let unclear = message
            .split_once("could not determine data type of parameter $")
            .and_then(|(_, index)| index.split(' ').next()?.parse::<usize>().ok())
            .and_then(|index| types.get_mut(index - 1));
        match unclear {
            Some(unclear) if *unclear == "unknown" => *unclear = "text",
            _ => return Err(error),
        }
    }
}

/// Thousands of rows, of which each value of a column that is looked up has few.
const ROWS: &str = r#"
    INSERT INTO "user" (id, name, email, "emailVerified")
    SELECT 'u' || n, 'name', n || '@shop.example', true FROM generate_series(1, 4000) n;
    INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
    SELECT 's' || n, now() + n * interval '1 second', 't' || n, now(), 'u' || 1 + n % 4000 FROM generate_series(1, 8000) n;
    INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
    SELECT 'a' || n, 'account' || n, 'github', 'u' || 1 + n % 4000, now() FROM generate_series(1, 8000) n;
    INSERT INTO verification (id, identifier, value, "expiresAt")
    SELECT 'v' || n, 'i' || n, 'value', now() + n * interval '1 second' FROM generate_series(1, 4000) n;
    INSERT INTO authbackend_audit (event, "userId", data, "createdAt")
    SELECT 'session.created', 'u' || n, '{}', now() - n * interval '1 minute' FROM generate_series(1, 4000) n;
    INSERT INTO authbackend_outbox (kind, "messageId", payload)
    SELECT 'mail', 'm' || n, '{}' FROM generate_series(1, 4000) n;
    INSERT INTO "rateLimit" (id, key, count, "lastRequest")
    SELECT 'r' || n, 'k' || n, 1, n FROM generate_series(1, 4000) n;
    ANALYZE"#;

/// The tables of which `plan` reads every row, or every entry of an index.
fn read_whole(plan: &Value, found: &mut BTreeSet<String>) {
    let is_whole = match plan["Node Type"].as_str().unwrap_or_default() {
        "Seq Scan" => true,
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => plan["Index Cond"].is_null(),
        _ => false,
    };
    if is_whole {
        let name = plan["Relation Name"]
            .as_str()
            .or(plan["Index Name"].as_str());
        found.insert(name.unwrap_or("?").to_owned());
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        read_whole(part, found);
    }
}

#[tokio::test]
async fn no_statement_reads_a_table_without_an_index() {
    let database = TestDatabase::migrated().await;
    let mut connection = database.connect().await;
    run(&mut connection, ROWS).await.unwrap();
    // A plan for any values; and where an index can be used at all, it is.
    run(
        &mut connection,
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off",
    )
    .await
    .unwrap();
    let tables = Tables::default();
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    let all = statements();
    for (number, statement) in all.iter().enumerate() {
        let text: &'static str = Box::leak(statement.text.clone().into_boxed_str());
        let sql = tables.sql(text).0;
        let parameters = (1..100).rev().find(|n| sql.contains(&format!("${n}")));
        let parameters = parameters.unwrap_or(0);
        if let Err(error) = prepare(&mut connection, number, &sql, parameters).await {
            problems.push(format!("{}: {error}: {}", statement.file, shown(&sql)));
            continue;
        }
        let values = vec!["NULL"; parameters].join(", ");
        let values = if values.is_empty() {
            values
        } else {
            format!("({values})")
        };
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE s{number}{values}");
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let mut whole = BTreeSet::new();
        read_whole(&plan[0]["Plan"], &mut whole);
        for table in whole {
            let exception = WHOLE
                .iter()
                .position(|(start, name, _)| shown(text).starts_with(start) && table == *name);
            match exception {
                Some(exception) => {
                    used.insert(exception);
                }
                None => problems.push(format!(
                    "{} reads all of {table}: {}",
                    statement.file,
                    shown(text)
                )),
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    let unused: Vec<_> = (0..WHOLE.len())
        .filter(|index| !used.contains(index))
        .collect();
    assert!(
        unused.is_empty(),
        "exceptions that nothing needs: {unused:?}"
    );
    assert!(all.len() > 40, "only {} statements were found", all.len());
}

#[tokio::test]
async fn a_row_that_is_removed_takes_what_refers_to_it_along_by_an_index() {
    let database = TestDatabase::migrated().await;
    let without = "SELECT string_agg(conrelid::regclass || '.' || conname, ', ') FROM pg_constraint k
        WHERE contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = k.conkey[1])";
    assert_eq!(database.value(without).await, "");
}

#[test]
fn whoever_changes_users_or_sessions_tells_those_who_remember_them() {
    let changes = [
        "UPDATE {user}",
        "DELETE FROM {user}",
        "UPDATE {session}",
        "DELETE FROM {session}",
    ];
    let changing: Vec<_> = statements()
        .into_iter()
        .filter(|statement| changes.iter().any(|change| statement.text.contains(change)))
        .collect();
    let silent: Vec<_> = changing
        .iter()
        .filter(|statement| !statement.tells)
        .filter(|statement| {
            let text = shown(&statement.text);
            !SILENT.iter().any(|(start, _)| text.starts_with(start))
        })
        .map(|statement| format!("{}: {}", statement.file, shown(&statement.text)))
        .collect();
    assert!(silent.is_empty(), "no `changed` beside {silent:#?}");
    assert!(changing.len() > 10, "only {} were found", changing.len());
}
