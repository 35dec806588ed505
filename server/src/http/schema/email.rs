//! Email addresses.

/// Whether zod's pattern of email addresses matches:
/// `^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$`.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let Some((labels, top_level)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"_'+-".contains(&byte);
    local
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(is_local))
        && !local.ends_with('\'')
        && labels.split('.').all(|label| {
            label
                .as_bytes()
                .first()
                .is_some_and(u8::is_ascii_alphanumeric)
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
        && top_level.len() >= 2
        && top_level.bytes().all(|byte| byte.is_ascii_alphabetic())
}
