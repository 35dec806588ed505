//! Where clients find the API.

use authbackend_crds::v1alpha1::DEFAULT_MOUNT_PATH;
use url::Url;

use super::Instance;

/// Host of the base URL, in lower case.
pub fn host(instance: &Instance) -> String {
    // A URL that cannot be read was refused before.
    Url::parse(&instance.spec.base_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Path under which the API answers.
pub fn path(instance: &Instance) -> String {
    Url::parse(&instance.spec.base_url)
        .ok()
        .map(|url| url.path().to_owned())
        .filter(|path| path != "/")
        .unwrap_or_else(|| DEFAULT_MOUNT_PATH.to_owned())
}
