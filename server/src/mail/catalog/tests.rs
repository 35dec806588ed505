use proptest::prelude::*;

use super::*;
use crate::mail::Recipient;

fn catalog(settings: &str) -> Catalog {
    let settings: Mail = serde_saphyr::from_str(settings).unwrap();
    Catalog::new(&settings, "Shop").unwrap()
}

fn mail(kind: MailKind, name: &str, locale: Option<&str>) -> Queued {
    let link = kind != MailKind::ExistingUserSignUp;
    Queued {
        kind,
        to: "new@shop.example".to_owned(),
        user: Recipient {
            id: "u1".to_owned(),
            name: name.to_owned(),
            email: "ann@shop.example".to_owned(),
        },
        url: link.then(|| "https://shop.example/api/x?token=t0k3n&callbackURL=%2F".to_owned()),
        token: link.then(|| "t0k3n".to_owned()),
        locale: locale.map(str::to_owned),
        at: 0,
    }
}

fn rendered(settings: &str, kind: MailKind, locale: Option<&str>) -> Rendered {
    catalog(settings)
        .render(&mail(kind, "Ann", locale))
        .unwrap()
}

#[test]
fn every_kind_has_texts_that_lead_where_the_mail_asks_to_go() {
    for kind in MailKind::ALL {
        let mail = mail(kind, "Ann", None);
        let rendered = catalog("{}").render(&mail).unwrap();
        assert!(rendered.subject.contains("Shop"), "{kind:?}");
        for body in [&rendered.text, &rendered.html] {
            assert!(!body.contains("{{"), "{kind:?}: {body}");
        }
        if let Some(url) = &mail.url {
            assert!(rendered.text.lines().any(|line| line == url), "{kind:?}");
            assert!(
                rendered.html.contains(&format!("href=\"{}\"", escape(url))),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn the_texts_that_come_with_the_server_do_not_repeat_what_a_stranger_chose() {
    for kind in MailKind::ALL {
        let mail = mail(kind, "Visit evil.example", None);
        let rendered = catalog("{}").render(&mail).unwrap();
        for part in [rendered.subject, rendered.text, rendered.html] {
            assert!(!part.contains("evil"), "{kind:?}: {part}");
        }
    }
}

#[test]
fn a_text_of_the_settings_is_shown_in_the_layout() {
    let settings =
        "{templates: {resetPassword: {text: \"Hi {{user.name}}\\n\\n{{url}}\", button: Go}}}";
    let rendered = rendered(settings, MailKind::ResetPassword, None);
    assert!(
        rendered.text.starts_with("Hi Ann\n\nhttps://"),
        "{}",
        rendered.text
    );
    assert!(rendered.html.contains(">Hi Ann</p>") && rendered.html.contains(">Go</a>"));
    assert_eq!(rendered.subject, "Reset your password for Shop");
}

#[test]
fn html_of_the_settings_is_sent_as_it_is_with_escaped_values() {
    let settings =
        "{templates: {resetPassword: {html: '<b>{{user.name}}</b><a href=\"{{url}}\">'}}}";
    let mail = mail(MailKind::ResetPassword, "<i>Ann</i>", None);
    let rendered = catalog(settings).render(&mail).unwrap();
    assert_eq!(
        rendered.html,
        "<b>&lt;i&gt;Ann&lt;/i&gt;</b><a href=\"https://shop.example/api/x?token=t0k3n&amp;callbackURL=%2F\">"
    );
}

const GERMAN: &str = "{templates: {resetPassword: {html: '<p>{{url}}', locales: {de: {subject: Neues Passwort, text: '{{url}}'}, fr: {subject: Mot de passe}}}}}";

#[test]
fn a_language_takes_what_it_lacks_from_the_default() {
    let french = rendered(GERMAN, MailKind::ResetPassword, Some("fr"));
    assert_eq!(french.subject, "Mot de passe");
    assert!(french.html.starts_with("<p>"));
}

#[test]
fn a_language_with_a_text_of_its_own_does_not_take_over_the_html_of_another() {
    let german = rendered(GERMAN, MailKind::ResetPassword, Some("de"));
    assert_eq!(german.subject, "Neues Passwort");
    assert!(german.html.contains("lang=\"de\""), "{}", german.html);
}

#[test]
fn a_language_that_the_settings_have_no_more_is_the_default() {
    let rendered = rendered(GERMAN, MailKind::ResetPassword, Some("it"));
    assert_eq!(rendered.subject, "Reset your password for Shop");
}

#[test]
fn the_language_is_chosen_among_those_of_the_kind() {
    let catalog = catalog(GERMAN);
    assert_eq!(
        catalog.locale(MailKind::ResetPassword, "de-CH, en"),
        Some("de")
    );
    assert_eq!(catalog.locale(MailKind::Verification, "de-CH, en"), None);
}

proptest! {
    #[test]
    fn a_subject_is_one_line_whatever_the_user_is_called(name in any::<String>()) {
        let settings = "{templates: {resetPassword: {subject: 'Hi {{user.name}}'}}}";
        let mail = mail(MailKind::ResetPassword, &name, None);
        let subject = catalog(settings).render(&mail).unwrap().subject;
        prop_assert!(!subject.chars().any(char::is_control), "{:?}", subject);
    }
}
