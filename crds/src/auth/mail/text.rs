//! Texts with placeholders.

use std::fmt;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Placeholder {
    /// `{{url}}`: the link that the mail is about.
    Url,
    /// `{{token}}`: the token in that link.
    Token,
    /// `{{user.name}}`.
    UserName,
    /// `{{user.email}}`: the address that the user has; a mail about a new one goes to that one.
    UserEmail,
    /// `{{to}}`: where the mail goes.
    To,
    /// `{{appName}}`.
    AppName,
}

impl Placeholder {
    const ALL: [(&'static str, Self); 6] = [
        ("url", Self::Url),
        ("token", Self::Token),
        ("user.name", Self::UserName),
        ("user.email", Self::UserEmail),
        ("to", Self::To),
        ("appName", Self::AppName),
    ];

    /// Whether only mails with a link have it.
    pub fn is_of_links(self) -> bool {
        matches!(self, Self::Url | Self::Token)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, placeholder)| *placeholder)
    }
}

/// A part of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// Something that each mail fills in.
    Placeholder(Placeholder),
}

/// A text with placeholders, taken apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TemplateText(Vec<Piece>);

/// What stands in braces is no placeholder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownPlaceholder(String);

impl fmt::Display for UnknownPlaceholder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "has {{{{{}}}}}, which is no placeholder: use one of",
            self.0
        )?;
        let mut separator = " ";
        for (name, _) in Placeholder::ALL {
            write!(formatter, "{separator}{{{{{name}}}}}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl std::error::Error for UnknownPlaceholder {}

impl TemplateText {
    /// Takes `text` apart. Braces that are not closed stand for themselves.
    ///
    /// # Errors
    /// A pair of double braces does not hold the name of a placeholder.
    pub fn parse(text: &str) -> Result<Self, UnknownPlaceholder> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("{{") {
            let Some((name, behind)) = after.split_once("}}") else {
                break;
            };
            let placeholder = Placeholder::named(name.trim())
                .ok_or_else(|| UnknownPlaceholder(name.chars().take(64).collect()))?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            pieces.push(Piece::Placeholder(placeholder));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The parts.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text, with what `value` gives for each placeholder.
    pub fn render(&self, value: impl Fn(Placeholder) -> String) -> String {
        let parts = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Placeholder(placeholder) => value(*placeholder),
        });
        parts.collect()
    }
}
