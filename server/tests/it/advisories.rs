//! The holes that were found in better-auth, each as a test that fails while it is open here; `docs/security.md` says
//! what each is about. Tests carry the id of their advisory.

mod disclosure;
mod paths;
mod policy;
mod rate_limits;
mod redirects;
mod services;
mod sessions;
mod tokens;
