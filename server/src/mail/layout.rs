//! The server's own HTML around a text.
//!
//! Tables and inline styles, as mail programs need them; colours for light and dark; no picture and nothing that is
//! loaded from elsewhere, so that nobody learns when a mail is read.

use authbackend_crds::auth::{Placeholder, TemplateText, UnknownPlaceholder};

const LAYOUT: &str = include_str!("templates/layout.html");

const FONT: &str =
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";

/// A paragraph of a text, or its link.
#[derive(Clone, Debug)]
enum Block {
    Paragraph(TemplateText),
    Link,
}

/// A text by paragraphs.
#[derive(Clone, Debug)]
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    /// Takes `text` apart at its empty lines, before anything is filled in, so that no value makes a paragraph.
    pub(super) fn parse(text: &str) -> Result<Self, UnknownPlaceholder> {
        let text = text.replace("\r\n", "\n");
        let mut blocks = Vec::new();
        let mut paragraph = Vec::new();
        for line in text.lines().chain([""]) {
            let is_link = is_link(line);
            if (is_link || line.trim().is_empty()) && !paragraph.is_empty() {
                blocks.push(Block::Paragraph(TemplateText::parse(
                    &paragraph.join("\n"),
                )?));
                paragraph.clear();
            }
            if is_link {
                blocks.push(Block::Link);
            } else if !line.trim().is_empty() {
                paragraph.push(line.trim());
            }
        }
        Ok(Self(blocks))
    }

    /// The document. `value` gives what placeholders stand for, not escaped.
    pub(super) fn render(
        &self,
        locale: &str,
        subject: &str,
        button: &str,
        value: impl Fn(Placeholder) -> String,
    ) -> String {
        let mut content = String::new();
        let mut is_after_link = false;
        for block in &self.0 {
            let margin = if content.is_empty() { 0 } else { 20 };
            match block {
                Block::Paragraph(text) => {
                    let text = escaped_text(text, &value);
                    content.push_str(&paragraph(&text, is_after_link, margin));
                }
                Block::Link => {
                    is_after_link = true;
                    let url = escape(&value(Placeholder::Url));
                    content.push_str(&link(&url, &escape(button), margin));
                }
            }
        }
        let parts = [
            ("%LANG%", escape(locale)),
            ("%TITLE%", escape(subject)),
            ("%NAME%", escape(&value(Placeholder::AppName))),
            ("%CONTENT%", content),
        ];
        fill(LAYOUT, &parts)
    }
}

/// Whether a line is nothing but the link.
fn is_link(line: &str) -> bool {
    line.trim()
        .strip_prefix("{{")
        .and_then(|line| line.strip_suffix("}}"))
        .is_some_and(|name| name.trim() == "url")
}

/// Puts parts in the place of their marks, in the order of the marks, so that no part is searched for marks.
fn fill(layout: &str, parts: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(layout.len() + 2048);
    let mut rest = layout;
    for (mark, part) in parts {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        filled.push_str(before);
        filled.push_str(part);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn escaped_text(text: &TemplateText, value: impl Fn(Placeholder) -> String) -> String {
    // The text is the administrator's, and plain: it is escaped like the values.
    escape(&text.render(value)).replace('\n', "<br>")
}

/// `margin` is the space above in pixels.
fn paragraph(text: &str, is_note: bool, margin: u8) -> String {
    if is_note {
        format!(
            "<p class=\"note\" style=\"margin:{margin}px 0 0;{FONT}font-size:14px;line-height:21px;color:#5a6472;\">{text}</p>\n"
        )
    } else {
        format!(
            "<p class=\"text\" style=\"margin:{margin}px 0 0;{FONT}font-size:16px;line-height:25px;color:#14171b;\">{text}</p>\n"
        )
    }
}

/// A button, and the link itself for those who would rather copy it.
fn link(url: &str, button: &str, margin: u8) -> String {
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:{margin}px 0 20px;\"><tr>\
         <td class=\"button\" bgcolor=\"#14171b\" style=\"background-color:#14171b;border-radius:8px;\">\
         <a href=\"{url}\" target=\"_blank\" rel=\"noopener\" style=\"display:inline-block;padding:12px 22px;{FONT}font-size:16px;\
         line-height:22px;font-weight:600;color:#ffffff;text-decoration:none;border:1px solid #14171b;border-radius:8px;\">\
         {button}</a></td></tr></table>\n\
         <p class=\"link\" style=\"margin:0;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px;\
         line-height:18px;color:#5a6472;word-break:break-all;\">{url}</p>\n"
    )
}

/// Text for the inside of an element or of a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str, name: &str) -> String {
        Blocks::parse(text).unwrap().render(
            "en",
            "Subject",
            "Go",
            |placeholder| match placeholder {
                Placeholder::Url => "https://shop.example/a?b=c&d=e".to_owned(),
                Placeholder::UserName => name.to_owned(),
                _ => "Shop".to_owned(),
            },
        )
    }

    #[test]
    fn empty_lines_separate_paragraphs() {
        let html = rendered("one\ntwo\n\n\nthree\r\n\r\nfour", "");
        assert_eq!(html.matches("<p class=\"text\"").count(), 3);
        assert!(html.contains("one<br>two"));
    }

    #[test]
    fn a_line_of_the_link_alone_is_a_button_and_the_link_itself() {
        let html = rendered("Go there:\n{{ url }}\nor not", "");
        assert!(html.contains("href=\"https://shop.example/a?b=c&amp;d=e\""));
        assert!(html.contains(">Go</a>"));
        assert!(html.contains(">https://shop.example/a?b=c&amp;d=e</p>"));
        assert!(html.contains("class=\"note\""));
    }

    #[test]
    fn a_value_cannot_make_a_paragraph_or_a_button() {
        let html = rendered("Hi {{user.name}}", "x\n\n{{url}}\n\n%CONTENT%");
        assert_eq!(html.matches("<p class").count(), 1);
        assert!(!html.contains("href"));
    }

    #[test]
    fn the_layout_knows_light_and_dark_and_loads_nothing() {
        let html = rendered("{{url}}", "");
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"));
        assert!(html.contains("prefers-color-scheme: dark"));
        for loader in [
            "<img", "<link", "<script", "url(", "@import", "%LANG%", "%NAME%",
        ] {
            assert!(!html.contains(loader), "{loader}");
        }
    }

    proptest! {
        #[test]
        fn no_value_leaves_its_place(name in "[<>\"'&a-z/=%{}\\s]{0,40}") {
            let html = rendered("Hi {{user.name}}", &name);
            let plain = rendered("Hi {{user.name}}", "");
            prop_assert_eq!(html.matches('<').count() - html.matches("<br>").count(), plain.matches('<').count());
            prop_assert_eq!(html.matches('"').count(), plain.matches('"').count());
        }
    }
}
