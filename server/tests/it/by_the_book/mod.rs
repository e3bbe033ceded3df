//! HTTP and WebSockets by their standards, spoken byte by byte to the built server: tables of inputs and required
//! outputs.

mod closing;

mod frames;

mod handshake;

mod http;

mod peer;

mod text;

use std::sync::Arc;

use crate::people::Person;
use crate::record::Record;
use crate::server::{Plan, Server};

fn server() -> (tempfile::TempDir, Server) {
    let place = tempfile::tempdir().unwrap();
    let server = Plan::new(place.path()).start();
    (place, server)
}

/// A person who may open a socket.
fn somebody() -> Person {
    Person::client("acme", "ann", &Arc::new(Record::default()))
}
