//! The produced objects, one file per kind. Pure.
