//! The core endpoints, one file each, named as better-auth names them.

mod error;
mod ok;
mod password;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod update_session;
mod update_user;

use crate::http::table::Route;

/// Every endpoint.
pub const ALL: &[&[Route]] = &[
    error::ROUTES,
    ok::ROUTES,
    password::ROUTES,
    session::ROUTES,
    sign_in::ROUTES,
    sign_out::ROUTES,
    sign_up::ROUTES,
    update_session::ROUTES,
    update_user::ROUTES,
];
