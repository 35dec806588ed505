//! The core endpoints, one file each, named as better-auth names them.

mod accounts;
mod callback;
mod change_email;
mod delete_user;
mod error;
mod link_social;
mod ok;
mod password;
mod password_reset;
mod send_verification_email;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod social;
mod timing;
mod update_session;
mod update_user;
mod verify_email;

use crate::http::table::Route;

/// Every endpoint.
pub const ALL: &[&[Route]] = &[
    accounts::ROUTES,
    callback::ROUTES,
    change_email::ROUTES,
    delete_user::ROUTES,
    error::ROUTES,
    link_social::ROUTES,
    ok::ROUTES,
    password::ROUTES,
    password_reset::ROUTES,
    send_verification_email::ROUTES,
    session::ROUTES,
    sign_in::ROUTES,
    sign_out::ROUTES,
    sign_up::ROUTES,
    social::ROUTES,
    update_session::ROUTES,
    update_user::ROUTES,
    verify_email::ROUTES,
];
