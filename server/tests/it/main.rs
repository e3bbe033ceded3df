//! The built binary as a process: real sockets, real disks, real signals.

mod crash;

mod disk;

mod process;

mod slow;

mod server;

mod people;

mod record;

mod compare;

mod crowd;

mod chance;

mod tidy;

mod docs;
