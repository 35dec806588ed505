//! `auth-server check-config`.

use crate::support::{Exit, process::run};

async fn check(settings: &str) -> Exit {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, settings).unwrap();
    run(&["check-config", file.path().to_str().unwrap()], &[]).await
}

#[tokio::test]
async fn sound_settings_pass() {
    for settings in [
        "",
        "# nothing\n",
        "session:\n  expiresIn: 3600\ntrustedOrigins: [https://app.example]\n",
    ] {
        let exit = check(settings).await;
        assert_eq!((exit.code, exit.stderr.len()), (Some(0), 0), "{exit:?}");
    }
}

#[tokio::test]
async fn unknown_fields_are_named_with_their_paths() {
    let exit =
        check("sesion: {}\nsession:\n  expiresin: 60\nadvanced:\n  ipAddress:\n    header: x\n")
            .await;
    assert_eq!(exit.code, Some(78));
    for (line, path) in
        exit.stderr
            .iter()
            .zip(["sesion", "session.expiresin", "advanced.ipAddress.header"])
    {
        assert!(line.contains(&format!(": {path}: is unknown")), "{line}");
    }
    assert_eq!(exit.stderr.len(), 3);
}

#[tokio::test]
async fn a_wrong_type_is_named_with_its_path_in_one_line() {
    let exit = check("emailAndPassword:\n  enabled: perhaps\n").await;
    assert_eq!(exit.code, Some(78));
    assert!(
        exit.only_line().contains("emailAndPassword.enabled"),
        "{exit:?}"
    );
}

#[tokio::test]
async fn text_that_is_no_yaml_is_told_in_one_line() {
    let exit = check("session: [\n").await;
    assert_eq!(exit.code, Some(78));
    exit.only_line();
}

#[tokio::test]
async fn the_file_may_be_the_one_of_the_environment() {
    assert_eq!(run(&["check-config"], &[]).await.code, Some(78));
    let exit = run(&["check-config"], &[("AUTH_CONFIG", "/does/not/exist")]).await;
    assert!(
        exit.only_line()
            .contains("AUTH_CONFIG cannot be read from /does/not/exist"),
        "{exit:?}"
    );
}

#[tokio::test]
async fn an_origin_that_nobody_has_is_refused() {
    let exit = check("trustedOrigins: [https://app.example/]\n").await;
    assert_eq!(exit.code, Some(78));
    let line = exit.only_line();
    assert!(
        line.contains("trustedOrigins[0] is") && line.ends_with("write https://app.example"),
        "{line}"
    );
}

#[tokio::test]
async fn what_becomes_of_cookies_is_printed_for_each_origin() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = "trustedOrigins: [https://app.shop.example, https://other.example]\n";
    std::fs::write(&file, settings).unwrap();
    let arguments = ["check-config", file.path().to_str().unwrap()];
    let exit = run(&arguments, &[("AUTH_BASE_URL", "https://shop.example/api")]).await;
    assert_eq!(exit.code, Some(0));
    for (line, start) in exit.stdout.iter().zip([
        "https://shop.example/api: sets __Secure-better-auth.session_token=",
        "https://app.shop.example: same site",
        "https://other.example: cross-site",
        "https://other.example: warning: browsers neither keep nor send",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }
    assert_eq!(exit.stdout.len(), 5, "{exit:?}");
}
