//! Takes secrets out of texts that others wrote: messages of programs, of Postgres, of the kubelet.

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Words that are followed by a secret.
const WORDS: [&str; 7] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "authorization",
    "api_key",
];

/// `text` without the user and password of URLs, and without the values of `password=…`, `secret: "…"` and their kin.
pub fn scrub(text: &str) -> String {
    without_assigned(&without_url_credentials(text))
}

/// Replaces `user:password@` in URLs by `***@`.
fn without_url_credentials(text: &str) -> String {
    let mut scrubbed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + "://".len());
        scrubbed.push_str(before);
        // A password may hold any character that people forgot to encode, hence the last `@` of the word counts.
        let word = after.find(is_end_of_url).unwrap_or(after.len());
        rest = after;
        if let Some(at) = after[..word].rfind('@') {
            scrubbed.push_str(REDACTED);
            rest = &after[at..];
        }
    }
    scrubbed.push_str(rest);
    scrubbed
}

fn is_end_of_url(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '<' | '>')
}

/// Replaces what is assigned to one of [`WORDS`].
fn without_assigned(text: &str) -> String {
    let mut scrubbed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = next_value(rest) {
        scrubbed.push_str(&rest[..start]);
        scrubbed.push_str(REDACTED);
        rest = &rest[end..];
    }
    scrubbed.push_str(rest);
    scrubbed
}

/// Start and end of the first value that is assigned to one of [`WORDS`].
fn next_value(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    WORDS
        .iter()
        .flat_map(|word| lower.match_indices(word).map(|(at, _)| at + word.len()))
        .filter_map(|end_of_word| value_after(text, end_of_word))
        .min()
}

/// The value in `= value`, `: value`, `": "value"`, `='value'` at `position`.
fn value_after(text: &str, position: usize) -> Option<(usize, usize)> {
    let after = &text[position..];
    let unquoted = after
        .trim_start_matches(['"', '\''])
        .trim_start_matches(' ');
    let value = unquoted.strip_prefix(['=', ':'])?.trim_start_matches(' ');
    // `Bearer` and `Basic` are no secrets; what follows them is.
    let value = ["Bearer ", "Basic "]
        .iter()
        .find_map(|scheme| value.strip_prefix(scheme))
        .unwrap_or(value);
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let value = quote.map_or(value, |quote| &value[quote.len_utf8()..]);
    let length = match quote {
        Some(quote) => value.find(quote),
        None => value.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | ')' | '}')),
    }
    .unwrap_or(value.len());
    let start = text.len() - value.len();
    let already = value[..length] == *REDACTED;
    (length > 0 && !already).then_some((start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_url_go() {
        for (text, scrubbed) in [
            (
                "at postgres://app:hunter2@db:5432/shop",
                "at postgres://***@db:5432/shop",
            ),
            (
                "at postgres://app:p@ss@db/shop, then",
                "at postgres://***@db/shop, then",
            ),
            (
                "\"postgres://app:x/y?z#@db/shop\"",
                "\"postgres://***@db/shop\"",
            ),
            (
                "https://a:b@x and https://c:d@y",
                "https://***@x and https://***@y",
            ),
            ("https://token@x", "https://***@x"),
        ] {
            assert_eq!(scrub(text), scrubbed);
        }
    }

    #[test]
    fn a_url_without_credentials_stays() {
        let text = "see https://shop.example/api and mail a@b.example";
        assert_eq!(scrub(text), text);
    }

    #[test]
    fn assigned_secrets_go() {
        for (text, scrubbed) in [
            (
                "host=db password=hunter2 port=1",
                "host=db password=*** port=1",
            ),
            ("PASSWORD='hunter 2' x", "PASSWORD='***' x"),
            (
                "{\"password\": \"hunter\", \"a\": 1}",
                "{\"password\": \"***\", \"a\": 1}",
            ),
            ("AUTH_SECRET=abc, b", "AUTH_SECRET=***, b"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
            ("?token=abc&x=1", "?token=***&x=1"),
            ("password=a password=b", "password=*** password=***"),
            ("pässword token:ü", "pässword token:***"),
        ] {
            assert_eq!(scrub(text), scrubbed);
        }
    }

    #[test]
    fn a_sentence_about_a_password_stays() {
        for text in [
            "password authentication failed for user \"app\"",
            "the Secret team-a/shop-db has no key password",
            "token",
            "",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn what_is_scrubbed_stays_as_it_is() {
        let text = "postgres://***@db/shop password=*** secret: \"***\"";
        assert_eq!(scrub(text), text);
    }
}
