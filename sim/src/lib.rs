//! Simulator of bad weather: seeded people, a failing network, a server that is killed, a disk that is full. The
//! simulator runs the server's real core, exchange, journal and devices, one throw of the dice after the other, and
//! compares everything that people are told with a second, far simpler opinion of the contract.

pub mod faults;

pub mod prove;

pub mod shrink;

pub mod case;

pub mod cast;

pub mod world;

pub mod throw;

pub mod heal;

pub mod weather;

pub mod people;

pub mod task;

pub mod running;

pub mod watch;

pub mod expectation;

pub mod deciding;

pub mod merged;

pub mod reference;

pub mod plain;

pub mod wire;

pub mod server_under_test;

pub mod disk;

pub mod digest;
