//! Wire protocol as types: frames, the fields of a payload, and objects as JSON.
//!
//! This crate is `docs/protocol.md` as types, and knows neither connections nor storage.

mod kind;
mod off;
mod scope;
mod secret;

pub mod claims;
pub mod fields;
pub mod json;
pub mod phoenix;
pub mod shape;
pub mod skill;
pub mod view;

pub use kind::Kind;
pub use off::Off;
pub use scope::{Scope, UnknownScope};
pub use secret::{HIDDEN, Secret};
