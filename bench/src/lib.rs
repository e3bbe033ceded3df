//! The costs of Switchboard and of other designs, measured beside each other on the same machine.

pub mod rounds;

pub mod results;

pub mod ground;

pub mod exchange_under_test;

pub mod checker;

pub mod cycle;

pub mod rivals;

pub mod store;

pub mod growth;

pub mod sockets;

pub mod scale;

mod servers;
