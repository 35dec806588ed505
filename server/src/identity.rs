//! The entities that every feature may use: users, their accounts, their sessions, and verifications. Rules are in
//! `model`, SQL is in `store`.

pub mod account;
pub mod date;
pub mod fields;
pub mod session;
pub mod user;
pub mod verification;
