//! What stands for `{}` in the URLs of services that are not always at the same place.

use authbackend_crds::auth::SocialProvider;

fn text<'a>(setting: Option<&'a String>, default: &'a str) -> &'a str {
    setting
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .unwrap_or(default)
}

/// The domain of the user pool, however it is written.
pub(super) fn cognito(settings: &SocialProvider) -> String {
    let domain = text(settings.domain.as_ref(), "");
    let domain = domain.strip_prefix("https://").unwrap_or(domain);
    domain.strip_prefix("http://").unwrap_or(domain).to_owned()
}

/// Where the keys of the user pool are, and who issues its tokens.
pub(super) fn cognito_issuer(settings: &SocialProvider) -> String {
    let region = text(settings.region.as_ref(), "");
    let pool = text(settings.user_pool_id.as_ref(), "");
    format!("https://cognito-idp.{region}.amazonaws.com/{pool}")
}

/// The URL of the instance, without the slashes that are too many.
pub(super) fn gitlab(settings: &SocialProvider) -> String {
    let url = text(settings.issuer.as_ref(), "https://gitlab.com");
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let parts: Vec<_> = rest.split('/').filter(|part| !part.is_empty()).collect();
    format!("{scheme}://{}", parts.join("/"))
}

/// The authority and the tenant.
pub(in crate::oauth) fn microsoft(settings: &SocialProvider) -> String {
    format!(
        "{}/{}",
        microsoft_authority(settings),
        microsoft_tenant(settings)
    )
}

/// The authority.
pub(in crate::oauth) fn microsoft_authority(settings: &SocialProvider) -> &str {
    text(
        settings.authority.as_ref(),
        "https://login.microsoftonline.com",
    )
    .trim_end_matches('/')
}

/// The tenant, or the kind of tenants.
pub(in crate::oauth) fn microsoft_tenant(settings: &SocialProvider) -> &str {
    text(settings.tenant_id.as_ref(), "common")
}

pub(super) fn paybin(settings: &SocialProvider) -> String {
    text(settings.issuer.as_ref(), "https://idp.paybin.io").to_owned()
}

/// A part of the host; PayPal's sandbox is better-auth's default.
pub(super) fn paypal(settings: &SocialProvider) -> String {
    match text(settings.environment.as_ref(), "sandbox") {
        "sandbox" => "sandbox.".to_owned(),
        _ => String::new(),
    }
}

pub(super) fn salesforce(settings: &SocialProvider) -> String {
    let default = match text(settings.environment.as_ref(), "production") {
        "sandbox" => "test.salesforce.com",
        _ => "login.salesforce.com",
    };
    text(settings.login_url.as_ref(), default).to_owned()
}
