//! Tests of scale: many sockets, memory and disk space of people and bookings, and the return after a crash.

pub mod holding;

pub mod open_sockets;

pub mod footprint;

pub mod restart;

pub mod returning;
