//! Sessions: who is signed in, until when.

mod keeper;
mod memory;
mod model;
mod reads;
pub mod store;

pub use keeper::{Recall, Sessions};
pub use memory::{Current, Recalled, SHARE_OF_REQUESTS, SessionKey, SessionMemory};
pub use model::{NewSession, Session, SessionUser};
pub use reads::{Promise, Reader, SessionReads, Turn};
