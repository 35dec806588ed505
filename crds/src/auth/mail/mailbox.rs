//! Addresses with names.

/// A mail address, perhaps with the name of who has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mailbox {
    /// The name; any text without control characters.
    pub name: Option<String>,
    /// `local@domain`.
    pub address: String,
}

impl Mailbox {
    /// Reads `address` or `Name <address>`; the name may stand in double quotes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return None;
        }
        let (name, address) = match text.strip_suffix('>') {
            Some(start) => {
                let (name, address) = start.rsplit_once('<')?;
                (name.trim(), address)
            }
            None => ("", text),
        };
        let name = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .unwrap_or(name);
        let is_named = !name.is_empty();
        (is_address(address) && !name.contains(['<', '>', '"'])).then(|| Self {
            name: is_named.then(|| name.to_owned()),
            address: address.to_owned(),
        })
    }
}

/// Rough, as whether an address exists is known only to its server.
fn is_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[]\\,;:\"@".contains(c))
    };
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        let dots_fit = |part: &str| part.split('.').all(|label| !label.is_empty());
        is_part(local) && is_part(domain) && dots_fit(local) && dots_fit(domain)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Option<(Option<String>, String)> {
        Mailbox::parse(text).map(|mailbox| (mailbox.name, mailbox.address))
    }

    #[test]
    fn a_mailbox_is_an_address_perhaps_with_a_name() {
        let address = "no-reply@shop.example".to_owned();
        for (text, name) in [
            ("no-reply@shop.example", None),
            (" no-reply@shop.example ", None),
            ("<no-reply@shop.example>", None),
            ("Shop <no-reply@shop.example>", Some("Shop")),
            ("\"Shop, Inc.\" <no-reply@shop.example>", Some("Shop, Inc.")),
            ("Großhandel <no-reply@shop.example>", Some("Großhandel")),
        ] {
            let expected = Some((name.map(str::to_owned), address.clone()));
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn what_could_change_a_header_is_no_mailbox() {
        for text in [
            "",
            "shop",
            "@shop.example",
            "a@",
            "a b@shop.example",
            "a@shop.example, b@shop.example",
            "a@shop..example",
            "a@b@shop.example",
            "Shop <a@shop.example",
            "Shop\r\nBcc: all@shop.example <a@shop.example>",
            "<evil@x.example> <a@shop.example>",
        ] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_mailbox_or_none(text in ".{0,40}") {
            prop_assert!(Mailbox::parse(&text).is_none_or(|mailbox| mailbox.address.contains('@')));
        }
    }
}
