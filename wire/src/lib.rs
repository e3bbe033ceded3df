//! What clients, back ends and the server say to each other: frames, the fields of a payload, and objects as JSON.
//!
//! Nothing here knows who listens, or where anything is kept: `docs/protocol.md` as types.

mod kind;
mod off;
mod scope;
mod secret;

pub mod claims;
pub mod fields;
pub mod json;
pub mod phoenix;
pub mod shape;
pub mod view;

pub use kind::Kind;
pub use off::Off;
pub use scope::{Scope, UnknownScope};
pub use secret::{HIDDEN, Secret};
