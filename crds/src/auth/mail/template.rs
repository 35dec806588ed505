//! What mails say.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    LOCALE_REMEDY, is_locale,
    text::{Piece, TemplateText},
};
use crate::auth::problem::Problem;

/// Longest text in characters. All settings have to fit into an object of 1 MiB.
const MAX_TEMPLATE_LENGTH: usize = 65_536;

/// What each kind of mail says, in place of the texts that come with the server.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailTemplates {
    /// Asks the user to confirm an address: after sign-up, on request, and for a new address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<MailTemplate>,

    /// Carries the link to choose a new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_password: Option<MailTemplate>,

    /// Asks, at the old address, whether the address may be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_email_confirmation: Option<MailTemplate>,

    /// Asks whether the account may be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_account: Option<MailTemplate>,

    /// Tells a user that somebody wanted to sign up with their address. Has no link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing_user_sign_up: Option<MailTemplate>,
}

/// What one kind of mail says. Placeholders: `{{url}}`, `{{token}}`, `{{user.name}}`, `{{user.email}}`, `{{to}}`,
/// `{{appName}}`; in `html` their values are escaped.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailTemplate {
    /// The subject, in `mail.defaultLocale`, as the texts below.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub subject: Option<String>,

    /// The body as plain text. Without `html`, the server's own layout shows it as HTML too: paragraphs are
    /// separated by empty lines, and a line of nothing but `{{url}}` becomes a button.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65_536))]
    pub text: Option<String>,

    /// What that button says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub button: Option<String>,

    /// The body as HTML, a whole document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65_536))]
    pub html: Option<String>,

    /// The same in other languages, by language tag (BCP 47). What one leaves out is taken from above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub locales: Option<BTreeMap<String, MailText>>,
}

/// The texts of a mail in one language.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailText {
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub subject: Option<String>,

    /// The body as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65_536))]
    pub text: Option<String>,

    /// What the button says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub button: Option<String>,

    /// The body as HTML, a whole document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65_536))]
    pub html: Option<String>,
}

impl MailTemplate {
    /// The texts in the default language.
    pub fn default_text(&self) -> MailText {
        MailText {
            subject: self.subject.clone(),
            text: self.text.clone(),
            button: self.button.clone(),
            html: self.html.clone(),
        }
    }
}

impl MailTemplates {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        for (kind, template, has_link) in [
            ("verification", &self.verification, true),
            ("resetPassword", &self.reset_password, true),
            (
                "changeEmailConfirmation",
                &self.change_email_confirmation,
                true,
            ),
            ("deleteAccount", &self.delete_account, true),
            ("existingUserSignUp", &self.existing_user_sign_up, false),
        ] {
            let Some(template) = template else { continue };
            let path = format!("mail.templates.{kind}");
            template.default_text().validate(problems, &path, has_link);
            for (locale, text) in template.locales.iter().flatten() {
                let path = format!("{path}.locales.{locale}");
                if !is_locale(locale) {
                    problems.push(Problem::new(&path, LOCALE_REMEDY));
                }
                text.validate(problems, &path, has_link);
            }
        }
    }
}

impl MailText {
    fn validate(&self, problems: &mut Vec<Problem>, path: &str, has_link: bool) {
        for (field, text, is_body) in [
            ("subject", &self.subject, false),
            ("text", &self.text, true),
            ("button", &self.button, false),
            ("html", &self.html, true),
        ] {
            if let Some(text) = text
                && let Some(remedy) = refusal(text, has_link, is_body)
            {
                problems.push(Problem::new(format!("{path}.{field}"), remedy));
            }
        }
    }
}

fn refusal(text: &str, has_link: bool, is_body: bool) -> Option<String> {
    if text.chars().count() > MAX_TEMPLATE_LENGTH {
        return Some(format!("is longer than {MAX_TEMPLATE_LENGTH} characters"));
    }
    match TemplateText::parse(text) {
        Err(unknown) => Some(unknown.to_string()),
        Ok(text) if !has_link && uses_link(&text) => {
            Some("uses {{url}} or {{token}}, but this mail has no link".to_owned())
        }
        Ok(text) if has_link && is_body && !uses_link(&text) => Some(
            "has neither {{url}} nor {{token}}: its reader could not do what it asks for"
                .to_owned(),
        ),
        Ok(_) => None,
    }
}

fn uses_link(text: &TemplateText) -> bool {
    let mut pieces = text.pieces().iter();
    pieces
        .any(|piece| matches!(piece, Piece::Placeholder(placeholder) if placeholder.is_of_links()))
}
