//! Conditions of the status.
