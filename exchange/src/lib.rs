//! Companies in memory and their connected people: a device pushes onto a channel, a visit changes the company, and
//! outboxes carry the frames that result. No module here knows a socket or a database.

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
    Changes, Exchange, JoinReply, JoinSnapshot, NotNow, Reply, ReplyTo, Response, Room, Rooms, Subscriber, Visit,
    Visited, goes_on,
};

#[cfg(all(test, feature = "model"))]
mod scenes;
