//! How far it goes: many sockets, what people and bookings take in memory and on disk, and coming back after a crash.

pub mod holding;

pub mod open_sockets;

pub mod footprint;

pub mod restart;

pub mod returning;
