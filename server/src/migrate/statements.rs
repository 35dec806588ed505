//! Splits a script into statements, for migrations without a transaction: several statements sent at once would
//! be one transaction.

/// The statements of `sql` without the semicolons between them; comments stay where they are. Knows quotes, quoted
/// identifiers, dollar quotes and (nested) comments; not the backslash escapes of `E'…'`.
pub(super) fn split(sql: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    let mut position = 0;
    let mut has_code = false;
    while let Some(rest) = sql.get(position..).filter(|rest| !rest.is_empty()) {
        let length = token_length(rest);
        if rest.starts_with(';') {
            if has_code {
                statements.push(sql.get(start..position).unwrap_or_default().trim());
            }
            start = position + length;
            has_code = false;
        } else {
            has_code |= !is_comment(rest) && !rest.starts_with(char::is_whitespace);
        }
        position += length;
    }
    if has_code {
        statements.push(sql.get(start..).unwrap_or_default().trim());
    }
    statements
}

pub(super) fn is_comment(rest: &str) -> bool {
    rest.starts_with("--") || rest.starts_with("/*")
}

/// Length in bytes of the token at the start of `rest`, which is not empty.
pub(super) fn token_length(rest: &str) -> usize {
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with("--") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    if let Some(quote @ ('\'' | '"')) = rest.chars().next() {
        // A doubled quote ends one token and starts the next, which comes to the same.
        return rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
    }
    if let Some(tag) = dollar_tag(rest) {
        return rest[tag.len()..]
            .find(tag)
            .map_or(rest.len(), |end| end + 2 * tag.len());
    }
    // A whole word, so that the dollar in `a$b$` starts no quote.
    let word = rest
        .find(|character: char| !is_word(character))
        .unwrap_or(rest.len());
    if rest.starts_with('$') {
        first
    } else {
        word.max(first)
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// `$tag$` or `$$` at the start of `rest`.
pub(super) fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest.strip_prefix('$')?.find('$')? + 2;
    let tag = rest.get(..end)?;
    let name = tag.get(1..end - 1)?;
    let is_name = name
        .chars()
        .all(|character| character.is_alphanumeric() || character == '_');
    (is_name && !name.starts_with(|character: char| character.is_ascii_digit())).then_some(tag)
}

fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut position = 0;
    while let Some(tail) = rest.get(position..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            position += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            position += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::split;

    #[test]
    fn a_semicolon_ends_a_statement() {
        assert_eq!(split("SELECT 1;\nSELECT 2 ;"), ["SELECT 1", "SELECT 2"]);
        assert_eq!(split("SELECT 1; SELECT 2"), ["SELECT 1", "SELECT 2"]);
    }

    #[test]
    fn a_semicolon_in_quotes_or_comments_ends_nothing() {
        for statement in [
            "SELECT 'a;b'",
            "SELECT 'it''s;'",
            "SELECT \"a;b\"",
            "SELECT $$a;b$$",
            "DO $body$ BEGIN; $$;$$; END $body$",
            "SELECT 1 -- a;b\n+ 1",
            "SELECT 1 /* a;/* ; */; */ + 1",
            "SELECT a$b$c",
        ] {
            assert_eq!(
                split(&format!("{statement};\nSELECT 2")),
                [statement, "SELECT 2"]
            );
        }
    }

    #[test]
    fn comments_alone_are_no_statement() {
        assert!(split("-- no-transaction\n\n/* nothing */ ;;\n").is_empty());
    }

    proptest! {
        #[test]
        fn splitting_never_panics_and_loses_no_word(sql in "[a-z0-9'\"$;/*\\- \n]{0,60}|.{0,40}") {
            for statement in split(&sql) {
                prop_assert!(sql.contains(statement) && !statement.is_empty());
            }
        }
    }
}
