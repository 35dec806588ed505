//! The page: one document without anything from elsewhere, so that it also works where nothing else is reached.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("page/reference.css");
const SCRIPT: &str = include_str!("page/reference.js");

/// Content-Security-Policy of the page: its own style and script, calls to its own origin, and nothing else.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// The page of an OpenAPI document.
pub(super) fn render(document: &Value) -> String {
    // Inside a script element only a less-than sign could end the text early.
    let document = document.to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>API reference</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <noscript>This page needs JavaScript. The document itself is at open-api/generate-schema.</noscript>\n\
         <script type=\"application/json\" id=\"document\">{document}</script>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_cannot_end_its_script_element() {
        let page = render(&json!({"info": {"title": "</script><script>alert(1)"}}));
        assert!(!page.contains("</script><script>alert"), "{page}");
        assert!(page.contains("\\u003c/script>\\u003cscript>alert(1)"));
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let page = render(&json!({}));
        assert!(
            !page.contains("https://") && !page.contains("http://"),
            "{page}"
        );
        assert!(POLICY.starts_with("default-src 'none'"));
    }
}
