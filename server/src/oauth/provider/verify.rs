//! Whether the id tokens of a built-in service are to be believed.

use authbackend_crds::auth::{ClientId, SocialProvider};
use serde_json::Value;
use time::Duration;

use super::{
    super::{
        authorize,
        catalog::base,
        id_token::{self, IdTokenError, Rules},
        service::{IdTokenRules, Service, Special},
        special,
        transport::{Call, Transport, json},
    },
    Context,
};
use crate::{crypto::jws::Algorithm, outbound::Outbound};

/// See [`super::Provider::verify_id_token`].
pub(super) async fn built_in(
    context: Context<'_>,
    service: &Service,
    settings: &SocialProvider,
    token: &str,
    nonce: Option<&str>,
) -> Result<(), IdTokenError> {
    let Context {
        http, keys, now, ..
    } = context;
    let Some(rules) = &service.id_token else {
        return Err(IdTokenError::Refused);
    };
    if rules.remote {
        return verify_remotely(http, rules.keys, settings, token, nonce).await;
    }
    if token.split('.').count() != 3 {
        // Facebook's access tokens: whose they are is asked with the profile.
        return if rules.opaque {
            Ok(())
        } else {
            Err(IdTokenError::Refused)
        };
    }
    let rules = built_in_rules(service, settings, rules);
    let claims = id_token::verify(http, keys, &rules, token, nonce, now).await?;
    check_special(service, settings, &Value::Object(claims))
}

fn built_in_rules(service: &Service, settings: &SocialProvider, rules: &IdTokenRules) -> Rules {
    let base = rules.base.map(|base| base(settings)).unwrap_or_default();
    let fill = |text: &str| text.replace("{}", &base);
    let own = settings
        .jwks_endpoint
        .as_ref()
        .filter(|url| !url.is_empty());
    let ids = settings
        .client_id
        .as_ref()
        .map(ClientId::all)
        .unwrap_or_default();
    let audience = settings
        .audience
        .as_deref()
        .filter(|audience| !audience.is_empty());
    let bundle = settings
        .app_bundle_identifier
        .as_ref()
        .filter(|id| !id.is_empty());
    Rules {
        keys_url: own.cloned().unwrap_or_else(|| fill(rules.keys)),
        issuers: if service.special == Some(Special::Microsoft) {
            microsoft_issuers(settings)
        } else {
            rules.issuers.iter().map(|issuer| fill(issuer)).collect()
        },
        audiences: match (audience, bundle) {
            (Some(audience), _) => audience.to_vec(),
            (None, Some(bundle)) => vec![bundle.clone()],
            (None, None) => ids.to_vec(),
        },
        algorithms: vec![Algorithm::Rs256],
        max_age: rules
            .max_age
            .map(|seconds| Duration::seconds(seconds.into())),
        hashed_nonce: rules.hashed_nonce,
    }
}

/// The issuer of one tenant; for kinds of tenants the tenant in the token tells: see [`check_special`].
fn microsoft_issuers(settings: &SocialProvider) -> Vec<String> {
    match base::microsoft_tenant(settings) {
        "common" | "organizations" | "consumers" => Vec::new(),
        _ => vec![format!("{}/v2.0", base::microsoft(settings))],
    }
}

/// The tenant of all personal accounts:
/// <https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference>.
const MICROSOFT_CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn check_special(
    service: &Service,
    settings: &SocialProvider,
    claims: &Value,
) -> Result<(), IdTokenError> {
    match service.special {
        Some(Special::Google) if !special::is_of_domain(settings.hd.as_deref(), claims) => {
            Err(IdTokenError::Claim("hd"))
        }
        Some(Special::Microsoft) => {
            let tenant = claims["tid"].as_str().ok_or(IdTokenError::Claim("tid"))?;
            let authority = base::microsoft_authority(settings);
            if claims["iss"].as_str() != Some(&format!("{authority}/{tenant}/v2.0")) {
                return Err(IdTokenError::Claim("iss"));
            }
            let is_personal = tenant == MICROSOFT_CONSUMERS;
            match base::microsoft_tenant(settings) {
                "organizations" if is_personal => Err(IdTokenError::Claim("tid")),
                "consumers" if !is_personal => Err(IdTokenError::Claim("tid")),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// LINE says itself whether a token is one of its own.
async fn verify_remotely(
    http: &Outbound,
    url: &str,
    settings: &SocialProvider,
    token: &str,
    nonce: Option<&str>,
) -> Result<(), IdTokenError> {
    let own = settings
        .jwks_endpoint
        .as_deref()
        .filter(|url| !url.is_empty());
    let id = settings.client_id.as_ref().map_or("", ClientId::primary);
    let mut form = authorize::Parameters::default();
    form.set("id_token", token);
    form.set("client_id", id);
    form.set_some("nonce", nonce);
    let call = Call::form(own.unwrap_or(url), form.encoded());
    let answer = http.send(call).await.map_err(|_| IdTokenError::Refused)?;
    let claims = json(&answer).map_err(|_| IdTokenError::Refused)?;
    if claims["aud"].as_str() != Some(id) {
        return Err(IdTokenError::Claim("aud"));
    }
    match claims["nonce"].as_str().filter(|nonce| !nonce.is_empty()) {
        Some(claimed) if Some(claimed) != nonce => Err(IdTokenError::Claim("nonce")),
        _ => Ok(()),
    }
}
