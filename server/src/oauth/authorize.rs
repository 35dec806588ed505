//! The URL of the page where the user agrees.

use std::borrow::Cow;

use authbackend_crds::auth::{ClientId, Prompt, SocialProvider};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::service::{Form, Page, PromptRule, Scopes, Service};
use crate::http::uri::encode_component;

/// Parameters that tie the answer to the request: no client may replace them.
pub const RESERVED: [&str; 8] = [
    "state",
    "client_id",
    "redirect_uri",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "scope",
];

/// What a client asks for, and what this server adds.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Comes back with the code.
    pub state: &'a str,
    /// Its hash goes with the request, itself with the code (RFC 7636).
    pub verifier: &'a str,
    /// Where the service sends the user back to, unless the settings say otherwise.
    pub redirect_uri: &'a str,
    /// Comes back in the id token.
    pub nonce: Option<&'a str>,
    /// Scopes besides those of the service and the settings.
    pub scopes: &'a [String],
    /// Who is about to sign in.
    pub login_hint: Option<&'a str>,
    /// Further parameters.
    pub additional: &'a [(String, String)],
}

/// A URL that cannot be made: the page of the settings is no URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the authorization endpoint is not a URL")]
pub struct InvalidPage;

/// The URL of the page of `service`.
///
/// # Errors
/// The settings name a page that is no URL.
pub fn service_url(
    service: &Service,
    settings: &SocialProvider,
    request: &Request<'_>,
) -> Result<String, InvalidPage> {
    let page = &service.page;
    let endpoint = match &settings.authorization_endpoint {
        Some(url) if !url.is_empty() => Cow::Borrowed(url.as_str()),
        _ => service.url(page.url, settings),
    };
    let scopes = scopes(page, settings, request.scopes);
    match page.form {
        Form::Standard => url(&endpoint, &standard(page, settings, &scopes, request)),
        Form::ScopeLast => {
            let url = url(&endpoint, &standard(page, settings, &scopes, request))?;
            scope_last(&url)
        }
        Form::Tiktok | Form::Wechat => own_form(&endpoint, page, settings, &scopes, request),
    }
}

impl Service {
    /// `template` with what stands for `{}`.
    pub fn url<'a>(&self, template: &'a str, settings: &SocialProvider) -> Cow<'a, str> {
        match self.base {
            Some(base) => Cow::Owned(template.replace("{}", &base(settings))),
            None => Cow::Borrowed(template),
        }
    }
}

fn scopes(page: &Page, settings: &SocialProvider, asked: &[String]) -> Vec<String> {
    let (default, is_distinct) = match page.scopes {
        Scopes::Default(scopes) => (scopes, false),
        Scopes::Distinct(scopes) => (scopes, true),
        Scopes::Ignored => return Vec::new(),
    };
    let configured = settings.scope.as_deref().unwrap_or_default();
    let (first, second) = if page.request_scopes_first {
        (asked, configured)
    } else {
        (configured, asked)
    };
    let default = default
        .iter()
        .filter(|_| settings.disable_default_scope != Some(true))
        .map(|scope| (*scope).to_owned());
    let mut scopes = Vec::new();
    for scope in default.chain(first.iter().chain(second).cloned()) {
        if !is_distinct || !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

/// Parameters in the order in which they were first set.
#[derive(Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Sets `name`, at its old place if it has one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Sets `name` unless `value` is empty.
    pub fn set_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.set(name, value);
        }
    }

    /// Sets `name` unless it is set.
    pub fn set_new(&mut self, name: &str, value: &str) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    /// Sets those of `additional` that a client may set.
    pub fn add(&mut self, additional: &[(String, String)]) {
        for (name, value) in additional {
            if !RESERVED.contains(&name.as_str()) {
                self.set(name, value);
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// As a form.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

fn standard(
    page: &Page,
    settings: &SocialProvider,
    scopes: &[String],
    request: &Request<'_>,
) -> Parameters {
    let mut parameters = Parameters::default();
    parameters.set("response_type", page.response_type);
    parameters.set("client_id", client_id(settings));
    parameters.set("state", request.state);
    parameters.set_some("scope", Some(&scopes.join(page.separator)));
    parameters.set("redirect_uri", redirect_uri(settings, request));
    parameters.set_some("duration", settings.duration.as_deref());
    parameters.set_some("display", settings.display.as_deref());
    parameters.set_some("login_hint", request.login_hint.filter(|_| page.login_hint));
    parameters.set_some("nonce", request.nonce);
    let prompt = settings.prompt.map(Prompt::as_str);
    parameters.set_some(
        "prompt",
        match page.prompt {
            PromptRule::Never => None,
            PromptRule::Setting => prompt,
            PromptRule::SettingOr(default) => prompt.or(Some(default)),
        },
    );
    if let Some(hd) = settings.hd.as_deref() {
        parameters.set_some("hd", Some(hd));
    }
    if page.takes_access_type {
        parameters.set_some("access_type", settings.access_type.as_deref());
    }
    parameters.set_some("response_mode", page.response_mode);
    if page.pkce && settings.pkce != Some(false) {
        challenge(&mut parameters, request.verifier);
    }
    if let Some(extra) = page.extra {
        for (name, value) in extra(settings, scopes) {
            parameters.set(&name, value);
        }
    }
    if page.additional {
        parameters.add(request.additional);
    }
    for (name, value) in page.fixed {
        parameters.set(name, *value);
    }
    parameters
}

/// Adds the code challenge (RFC 7636, section 4.2).
pub fn challenge(parameters: &mut Parameters, verifier: &str) {
    let hash = Sha256::digest(verifier.as_bytes());
    parameters.set("code_challenge_method", "S256");
    parameters.set("code_challenge", URL_SAFE_NO_PAD.encode(hash));
}

/// `endpoint` with `parameters`, which replace those of the same name that it has; its others keep their form.
///
/// # Errors
/// `endpoint` is no URL.
pub fn url(endpoint: &str, parameters: &Parameters) -> Result<String, InvalidPage> {
    let mut url = Url::parse(endpoint).map_err(|_| InvalidPage)?;
    let own = url.query().unwrap_or_default().split('&');
    let own = own.filter(|pair| {
        let name = form_urlencoded::parse(pair.as_bytes()).next();
        name.is_some_and(|(name, _)| !parameters.has(&name))
    });
    let mut query: Vec<_> = own.map(str::to_owned).collect();
    query.push(parameters.encoded());
    url.set_query(Some(&query.join("&")));
    Ok(url.into())
}

/// The same URL, its scope at the end with spaces as `%20`, which Cognito insists on.
fn scope_last(url: &str) -> Result<String, InvalidPage> {
    let mut url = Url::parse(url).map_err(|_| InvalidPage)?;
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let Some((_, scope)) = pairs.iter().find(|(name, _)| name == "scope") else {
        return Ok(url.into());
    };
    let scope = encode_component(scope);
    let rest = pairs.iter().filter(|(name, _)| name != "scope");
    let rest = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(rest)
        .finish();
    url.set_query(Some(&format!("{rest}&scope={scope}")));
    Ok(url.into())
}

/// The pages of TikTok and WeChat.
fn own_form(
    endpoint: &str,
    page: &Page,
    settings: &SocialProvider,
    scopes: &[String],
    request: &Request<'_>,
) -> Result<String, InvalidPage> {
    let (client, id) = match page.form {
        Form::Wechat => ("appid", client_id(settings)),
        _ => (
            "client_key",
            settings.client_key.as_deref().unwrap_or_default(),
        ),
    };
    let mut parameters = Parameters::default();
    parameters.set("scope", scopes.join(page.separator));
    parameters.set("response_type", page.response_type);
    parameters.set(client, id);
    parameters.set("redirect_uri", redirect_uri(settings, request));
    parameters.set("state", request.state);
    if page.form == Form::Wechat {
        let lang = settings.lang.as_deref().filter(|lang| !lang.is_empty());
        parameters.set("lang", lang.unwrap_or("cn"));
    }
    let additional = request.additional.iter().filter(|(name, _)| name != client);
    parameters.add(&additional.cloned().collect::<Vec<_>>());
    let mut url = url(endpoint, &parameters)?;
    if page.form == Form::Wechat {
        url.push_str("#wechat_redirect");
    }
    Ok(url)
}

fn client_id(settings: &SocialProvider) -> &str {
    settings.client_id.as_ref().map_or("", ClientId::primary)
}

/// Where the service sends the user back to.
pub fn redirect_uri<'a>(settings: &'a SocialProvider, request: &Request<'a>) -> &'a str {
    match settings.redirect_uri.as_deref() {
        Some(uri) if !uri.is_empty() => uri,
        _ => request.redirect_uri,
    }
}

#[cfg(test)]
mod tests;
