//! The entities that every feature may use: users, their accounts and their sessions. Rules are in `model`, SQL is
//! in `store`.

pub mod account;
mod date;
pub mod session;
pub mod user;
