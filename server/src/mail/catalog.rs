//! The texts of all mails, ready to be filled in.

use std::collections::{BTreeMap, HashMap};

use authbackend_crds::auth::{
    Mail, MailTemplate, MailTemplates, MailText, Placeholder, TemplateText, UnknownPlaceholder,
};

use super::{
    MailKind, Queued, defaults,
    layout::{Blocks, escape},
    locale,
};

/// The texts of all mails.
pub(super) struct Catalog {
    app_name: String,
    default_locale: String,
    kinds: HashMap<MailKind, Languages>,
}

/// The texts of one kind.
struct Languages {
    default: Texts,
    others: BTreeMap<String, Texts>,
}

struct Texts {
    subject: TemplateText,
    text: TemplateText,
    html: Html,
}

enum Html {
    /// The administrator's own.
    Own(TemplateText),
    /// The text in the server's layout, and what its button says.
    Layout(Blocks, TemplateText),
}

/// A mail as its reader sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Rendered {
    /// One line.
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Catalog {
    pub(super) fn new(settings: &Mail, app_name: &str) -> Result<Self, UnknownPlaceholder> {
        let templates = settings.templates();
        let kinds = MailKind::ALL.into_iter().map(|kind| {
            let template = template(&templates, kind).cloned().unwrap_or_default();
            Ok((kind, Languages::new(kind, &template)?))
        });
        Ok(Self {
            app_name: app_name.to_owned(),
            default_locale: settings.default_locale().to_owned(),
            kinds: kinds.collect::<Result<_, _>>()?,
        })
    }

    /// The language in which `kind` is best told to whoever sent `Accept-Language`; none for the default.
    pub(super) fn locale(&self, kind: MailKind, accept_language: &str) -> Option<&str> {
        let available = self.kinds.get(&kind)?.others.keys().map(String::as_str);
        locale::choose(accept_language, &available, &self.default_locale)
    }

    /// The mail in its language, or in the default if the settings do not have that any more. None for a kind without
    /// texts, which there is not.
    pub(super) fn render(&self, mail: &Queued) -> Option<Rendered> {
        let languages = self.kinds.get(&mail.kind)?;
        let chosen = mail.locale.as_deref();
        let chosen = chosen.and_then(|locale| languages.others.get_key_value(locale));
        let (locale, texts) = chosen.map_or(
            (self.default_locale.as_str(), &languages.default),
            |(locale, texts)| (locale.as_str(), texts),
        );
        let value = |placeholder| self.value(mail, placeholder);
        let subject = one_line(&texts.subject.render(value));
        let html = match &texts.html {
            Html::Own(html) => html.render(|placeholder| escape(&value(placeholder))),
            Html::Layout(blocks, button) => {
                blocks.render(locale, &subject, &button.render(value), value)
            }
        };
        Some(Rendered {
            text: texts.text.render(value),
            html,
            subject,
        })
    }

    fn value(&self, mail: &Queued, placeholder: Placeholder) -> String {
        match placeholder {
            Placeholder::Url => mail.url.clone().unwrap_or_default(),
            Placeholder::Token => mail.token.clone().unwrap_or_default(),
            Placeholder::UserName => one_line(&mail.user.name),
            Placeholder::UserEmail => mail.user.email.clone(),
            Placeholder::To => mail.to.clone(),
            Placeholder::AppName => self.app_name.clone(),
        }
    }
}

impl Languages {
    fn new(kind: MailKind, template: &MailTemplate) -> Result<Self, UnknownPlaceholder> {
        let default = template.default_text();
        let others = template.locales.iter().flatten().map(|(locale, text)| {
            let texts = Texts::new(kind, &or(text, &default))?;
            Ok((locale.clone(), texts))
        });
        Ok(Self {
            others: others.collect::<Result<_, _>>()?,
            default: Texts::new(kind, &default)?,
        })
    }
}

impl Texts {
    fn new(kind: MailKind, template: &MailText) -> Result<Self, UnknownPlaceholder> {
        let default = defaults::of(kind);
        let text = template.text.as_deref().unwrap_or(default.text);
        let button = template.button.as_deref().unwrap_or(default.button);
        let subject = template.subject.as_deref().unwrap_or(default.subject);
        Ok(Self {
            subject: TemplateText::parse(subject)?,
            text: TemplateText::parse(text)?,
            html: match &template.html {
                Some(html) => Html::Own(TemplateText::parse(html)?),
                None => Html::Layout(Blocks::parse(text)?, TemplateText::parse(button)?),
            },
        })
    }
}

/// `text`, completed by `other`. A language that has a text of its own does not take over another one's HTML.
fn or(text: &MailText, other: &MailText) -> MailText {
    let first = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
    MailText {
        subject: first(&text.subject, &other.subject),
        button: first(&text.button, &other.button),
        html: match (&text.html, &text.text) {
            (None, Some(_)) => None,
            _ => first(&text.html, &other.html),
        },
        text: first(&text.text, &other.text),
    }
}

fn template(templates: &MailTemplates, kind: MailKind) -> Option<&MailTemplate> {
    match kind {
        MailKind::Verification => templates.verification.as_ref(),
        MailKind::ResetPassword => templates.reset_password.as_ref(),
        MailKind::ChangeEmailConfirmation => templates.change_email_confirmation.as_ref(),
        MailKind::DeleteAccount => templates.delete_account.as_ref(),
        MailKind::ExistingUserSignUp => templates.existing_user_sign_up.as_ref(),
    }
}

/// The text without line breaks and other control characters, which have no place in a header or a name.
pub(super) fn one_line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.split(is_break)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
