//! Companies in memory, and the people who are connected to them: a device pushes onto a channel, a visit changes its
//! company, and outboxes carry what is told. Nothing here knows a socket, a database or a secret.

// From a frame to a company.
pub mod channel;
pub mod device;

// The companies.
pub mod companies;

// From a company to its people.
pub mod ice;
pub mod outbox;

// Limits and time.
pub mod admission;
pub mod clock;

pub use companies::{
    Changes, Exchange, JoinReply, Line, NotNow, Reply, ReplyTo, Response, Room, Rooms, Shown, Visit, Visited, goes_on,
};

#[cfg(all(test, feature = "model"))]
mod scenes;
