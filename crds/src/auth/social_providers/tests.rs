use crate::auth::AuthSettings;

fn problems(yaml: &str) -> Vec<String> {
    let settings: AuthSettings = serde_saphyr::from_str(yaml).unwrap();
    settings
        .validate()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_client_id_is_a_text_or_a_list() {
    for id in ["abc", "[abc, ios, android]"] {
        let yaml = format!(
            "socialProviders: {{google: {{clientId: {id}, clientSecretRef: {{name: google, key: secret}}}}}}"
        );
        let settings: AuthSettings = serde_saphyr::from_str(&yaml).unwrap();
        let providers = settings.social_providers.as_ref().unwrap();
        assert_eq!(
            providers["google"].client_id.as_ref().unwrap().primary(),
            "abc"
        );
        assert!(settings.validate().is_empty());
        assert_eq!(settings.secret_refs().len(), 1);
    }
}

#[test]
fn a_service_that_is_not_built_in_is_reported_with_the_remedy() {
    let problems = problems("socialProviders: {gogle: {clientId: a}}");
    assert!(
        problems[0]
            .starts_with("socialProviders.gogle: is not a service known here: name one of apple, "),
        "{problems:?}"
    );
}

#[test]
fn what_a_service_cannot_do_without_is_reported() {
    assert_eq!(
        problems("socialProviders: {cognito: {requireClientSecret: true}, tiktok: {clientId: a}}"),
        [
            "socialProviders.cognito.clientId: is not set: cognito signs nobody in without it",
            "socialProviders.cognito.clientSecretRef: is not set: cognito signs nobody in without it",
            "socialProviders.cognito.domain: is not set: cognito signs nobody in without it",
            "socialProviders.cognito.region: is not set: cognito signs nobody in without it",
            "socialProviders.cognito.userPoolId: is not set: cognito signs nobody in without it",
            "socialProviders.tiktok.clientKey: is not set: tiktok signs nobody in without it",
            "socialProviders.tiktok.clientSecretRef: is not set: tiktok signs nobody in without it",
        ]
    );
}

#[test]
fn a_service_that_is_switched_off_may_be_incomplete() {
    assert!(problems("socialProviders: {google: {enabled: false}}").is_empty());
}

#[test]
fn a_setting_of_another_service_is_reported() {
    assert_eq!(
        problems("socialProviders: {github: {clientId: a, hd: example.com}}"),
        ["socialProviders.github.hd: is a setting of google only: remove it"]
    );
}

#[test]
fn choices_and_urls_are_checked() {
    assert_eq!(
        problems(
            "socialProviders:
              gitlab: {clientId: a, issuer: gitlab.example}
              paypal: {clientId: a, clientSecretRef: {name: a, key: b}, environment: production}"
        ),
        [
            "socialProviders.gitlab.issuer: must be a URL that begins with https:// (or http://, for a test)",
            "socialProviders.paypal.environment: must be one of sandbox, live",
        ]
    );
}
