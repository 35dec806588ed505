//! Prints what is derived from the types: `crdgen crd` the `CustomResourceDefinition` as YAML, `crdgen docs` its
//! reference page as Markdown. `cargo xtask generate` writes both where they belong.

mod reference;

use std::process::ExitCode;

use authbackend_crds::v1alpha1::AuthBackend;
use kube::CustomResourceExt;

const GENERATED: &str = "Generated from crds/src by `cargo xtask generate`; do not edit.";

fn main() -> ExitCode {
    let crd = AuthBackend::crd();
    let text = match std::env::args().nth(1).as_deref() {
        Some("crd") => serde_saphyr::to_string(&crd)
            .map(|yaml| format!("# {GENERATED}\n{yaml}"))
            .map_err(|error| error.to_string()),
        Some("docs") => serde_json::to_value(&crd)
            .map(|crd| format!("<!-- {GENERATED} -->\n\n{}", reference::page(&crd)))
            .map_err(|error| error.to_string()),
        _ => Err("usage: crdgen crd | docs".to_owned()),
    };
    match text {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("crdgen: {message}");
            ExitCode::FAILURE
        }
    }
}
