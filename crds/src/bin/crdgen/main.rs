//! Prints what is derived from the types: `crdgen crd` the `CustomResourceDefinition` as YAML, `crdgen docs` its
//! reference page as Markdown, `crdgen bundle Chart.yaml rendered.yaml icon.svg` the files of the bundle for OLM as a JSON
//! object. `cargo xtask generate` writes all of it where it belongs.

mod bundle;
mod reference;

use std::fs;
use std::process::ExitCode;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::ByteString;
use kube::CustomResourceExt;
use serde_json::Value;

const GENERATED: &str = "Generated from crds/src by `cargo xtask generate`; do not edit.";

type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = match arguments.as_slice() {
        ["crd"] => crd(),
        ["docs"] => docs(),
        ["bundle", chart, rendered, icon] => bundle(chart, rendered, icon),
        _ => Err("usage: crdgen crd | docs | bundle Chart.yaml rendered.yaml icon.svg".into()),
    };
    match text {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("crdgen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn crd() -> Result<String, Error> {
    let yaml = serde_saphyr::to_string(&AuthBackend::crd())?;
    Ok(format!("# {GENERATED}\n{yaml}"))
}

fn docs() -> Result<String, Error> {
    let crd = serde_json::to_value(AuthBackend::crd())?;
    Ok(format!("<!-- {GENERATED} -->\n\n{}", reference::page(&crd)))
}

fn bundle(chart: &str, rendered: &str, icon: &str) -> Result<String, Error> {
    let documents: Vec<Option<Value>> =
        serde_saphyr::from_multiple(&fs::read_to_string(rendered)?)?;
    let rendered: Vec<Value> = documents.into_iter().flatten().collect();
    let files = bundle::files(&bundle::Sources {
        crd: &serde_json::to_value(AuthBackend::crd())?,
        chart: &serde_saphyr::from_str(&fs::read_to_string(chart)?)?,
        rendered: &rendered,
        icon: ByteString(fs::read(icon)?),
    })?;
    Ok(serde_json::to_string(&files)?)
}
