//! The weather: seeded people, a network that fails, a server that is killed, a disk that is full, and a second, far
//! simpler opinion of what may happen. It runs the real core and the real exchange, journal and devices of the server,
//! one throw of the dice after the other, and holds everything that people are told against that opinion.

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

pub mod mark;

pub mod deciding;

pub mod merged;

pub mod model;

pub mod wire;

pub mod house;

pub mod disk;

pub mod digest;
