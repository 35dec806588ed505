//! Patterns with wildcards, as better-auth reads them.

use regex::Regex;

/// The regular expression of a glob: `*` is any run of characters and `?` any character, both without the
/// separators `/` and `\`; one separator in the pattern stands for several; a segment `**` stands for any
/// number of segments; `\` takes the next character literally.
///
/// # Errors
/// The expression is too large.
pub fn glob(pattern: &str) -> Result<Regex, regex::Error> {
    const ONE_OR_MORE: &str = r"[/\\]+?";
    const ANY_NUMBER: &str = r"[/\\]*?";
    let segments: Vec<&str> = pattern.split('/').collect();
    let mut expression = String::from("^");
    for (index, segment) in segments.iter().enumerate() {
        if segment.is_empty() && index > 0 {
            continue;
        }
        let separator = match segments.get(index + 1) {
            None => ANY_NUMBER,
            Some(&"**") => "",
            Some(_) => ONE_OR_MORE,
        };
        if *segment == "**" {
            if !separator.is_empty() {
                expression.push_str(if index == 0 { "" } else { separator });
                expression.extend([r"(?:[^/\\]*?", separator, ")*?"]);
            }
            continue;
        }
        let mut characters = segment.chars();
        while let Some(character) = characters.next() {
            match character {
                '?' => expression.push_str(r"[^/\\]"),
                '*' => expression.push_str(r"[^/\\]*?"),
                '\\' => {
                    let literal = characters.next().map(String::from).unwrap_or_default();
                    expression.push_str(&regex::escape(&literal));
                }
                other => expression.push_str(&regex::escape(&other.to_string())),
            }
        }
        expression.push_str(separator);
    }
    Regex::new(&format!("{expression}$"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_a_pattern(pattern in r"[a-z/*?\\.\[({+^$|]{0,24}", text in "[a-z/.]{0,24}") {
            // Whether it matches does not matter; that it is an expression and ends does.
            glob(&pattern).unwrap().is_match(&text);
        }

        #[test]
        fn a_pattern_without_wildcards_matches_itself_and_nothing_longer(
            pattern in r"[a-z.\[({+^$|]{1,12}(/[a-z.\[({+^$|]{1,12}){0,3}",
        ) {
            let glob = glob(&pattern).unwrap();
            prop_assert!(glob.is_match(&pattern));
            let longer = format!("{pattern}x");
            prop_assert!(!glob.is_match(&longer));
        }
    }
}
