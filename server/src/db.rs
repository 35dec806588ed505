//! The one database pool of the process.
//!
//! Usable without HTTP: `serve`, tests and other binaries open the same type, and `migrate` a single connection
//! of the same kind. Nothing else in this crate connects to the database.

mod batch;
mod changes;
mod conn;
mod connect;
mod error;
mod pool;
mod pooler;
mod query_spans;
mod reservation;
mod rotation;
mod schema;
mod slot;
mod tables;
mod timestamp;

pub use batch::{Batch, Removed};
pub(crate) use changes::TRIGGERS;
pub use changes::{Changes, LEASE, Listener, Moment, Place};
pub use conn::Conn;
pub(crate) use connect::connect;
pub use error::{DbError, KeepError, ReadError, is_exhausted, is_refused};
pub use pool::Db;
pub(crate) use pooler::is_between as has_pooler;
pub use query_spans::QuerySpans;
pub(crate) use reservation::{CHECKOUT_TIMEOUT, Reservation};
pub use schema::Schema;
pub(crate) use tables::quoted;
pub use tables::{AdditionalColumn, ColumnType, IdKind, TableNames, Tables};
pub use timestamp::Timestamp;
