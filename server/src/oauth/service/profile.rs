//! Who the user is, as far as it is data.

use super::Headers;

/// Who the user is. Places in a profile are JSON pointers (RFC 6901).
#[derive(Debug)]
pub struct Profile {
    /// Where the profile comes from.
    pub source: Source,
    /// Headers besides the access token.
    pub headers: Headers,
    /// What the answer has to hold at these places, as JSON.
    pub require: &'static [(&'static str, &'static str)],
    /// Where in the answer the profile is.
    pub root: &'static str,
    /// The user's id at the service.
    pub subject: Pick,
    /// The user's name.
    pub name: Pick,
    /// The email address.
    pub email: Pick,
    /// The picture.
    pub image: Pick,
    /// Whether the email address is verified.
    pub verified: Verified,
    /// Whether users without an email address get one that nobody can write to.
    pub placeholder_email: bool,
}

/// Where a profile comes from.
#[derive(Debug)]
pub enum Source {
    /// The id token.
    IdToken,
    /// The id token, or this URL where there is none.
    IdTokenOr(&'static str),
    /// This URL.
    Get(&'static str),
    /// This URL, with this word in place of `Bearer`.
    GetAs(&'static str, &'static str),
    /// This URL, with the access token as the last part of its path.
    GetOfToken(&'static str),
    /// This URL, with POST and no body.
    Post(&'static str),
    /// This URL, with the access token in a form.
    PostForm(&'static str),
    /// This URL, with this query of GraphQL.
    GraphQl(&'static str, &'static str),
}

/// A text of a profile.
#[derive(Debug)]
pub enum Pick {
    /// The first text that is not empty.
    Truthy(&'static [At]),
    /// The first text, even an empty one.
    Present(&'static [At]),
}

/// Where a text is.
#[derive(Debug)]
pub enum At {
    /// At one place.
    Place(&'static str),
    /// At one place, a URL whose query is left out.
    WithoutQuery(&'static str),
    /// At several, joined by spaces.
    Words(&'static [&'static str]),
}

/// Whether an email address is verified.
#[derive(Debug)]
pub enum Verified {
    /// The service does not say.
    Never,
    /// It says so at this place, as `true` or as the text `true`.
    At(&'static str),
    /// It says so at each of these places, as anything that JavaScript takes for true.
    All(&'static [&'static str]),
}

impl Profile {
    /// The standard claims of OpenID Connect (Core, section 5.1).
    pub const OIDC: Self = Self {
        source: Source::IdToken,
        headers: &[],
        require: &[],
        root: "",
        subject: Pick::Present(&[At::Place("/sub")]),
        name: Pick::Present(&[At::Place("/name")]),
        email: Pick::Present(&[At::Place("/email")]),
        image: Pick::Present(&[At::Place("/picture")]),
        verified: Verified::At("/email_verified"),
        placeholder_email: false,
    };
}
