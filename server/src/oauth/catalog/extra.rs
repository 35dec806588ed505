//! Parameters of a service's page that follow from its settings.

use authbackend_crds::auth::SocialProvider;

type Parameters = Vec<(String, String)>;

fn parameter(name: &str, value: Option<&String>) -> Parameters {
    let value = value.filter(|value| !value.is_empty());
    value
        .map(|value| (name.to_owned(), value.clone()))
        .into_iter()
        .collect()
}

pub(super) fn cognito(settings: &SocialProvider, _: &[String]) -> Parameters {
    parameter("identity_provider", settings.identity_provider.as_ref())
}

/// The permissions that a bot asks for.
pub(super) fn discord(settings: &SocialProvider, scopes: &[String]) -> Parameters {
    let permissions = settings.permissions.map(|number| number.to_string());
    let is_bot = scopes.iter().any(|scope| scope == "bot");
    parameter("permissions", permissions.as_ref().filter(|_| is_bot))
}

pub(super) fn dropbox(settings: &SocialProvider, _: &[String]) -> Parameters {
    parameter("token_access_type", settings.access_type.as_ref())
}

pub(super) fn facebook(settings: &SocialProvider, _: &[String]) -> Parameters {
    parameter("config_id", settings.config_id.as_ref())
}

pub(super) fn google(settings: &SocialProvider, _: &[String]) -> Parameters {
    let included = settings.include_granted_scopes != Some(false);
    parameter(
        "include_granted_scopes",
        included.then(|| "true".to_owned()).as_ref(),
    )
}

/// The claims that the id token is to hold: the address and its verification first.
pub(super) fn twitch(settings: &SocialProvider, _: &[String]) -> Parameters {
    const DEFAULT: [&str; 2] = ["preferred_username", "picture"];
    let mut names = vec!["email".to_owned(), "email_verified".to_owned()];
    let asked = match &settings.claims {
        Some(claims) => claims.clone(),
        None => DEFAULT.map(str::to_owned).to_vec(),
    };
    for name in asked {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let members: Vec<_> = names
        .iter()
        .map(|name| format!("{}:null", serde_json::Value::from(name.as_str())))
        .collect();
    let claims = format!("{{\"id_token\":{{{}}}}}", members.join(","));
    vec![("claims".to_owned(), claims)]
}
