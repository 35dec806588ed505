//! Accounts: the ways in which a user signs in. The one of the provider `credential` holds the password.

mod model;
pub mod store;

pub use model::{Account, CREDENTIAL, Credential, NewAccount, Proof, Tokens};
