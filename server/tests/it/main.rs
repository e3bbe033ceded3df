//! The built binary as a process: real sockets, real disks, real signals.

mod crash;

mod power;

mod hammer;

mod start;

mod disk;

mod small_disk;

mod lost;

mod process;

mod backup;

mod upgrade;

mod slow;

mod limits;

mod shares;
mod sums;

mod tokens;

mod sign_in;

mod keys;

mod door;

mod tls;

mod systemd;

mod load;

mod overload;

mod server;

mod people;

mod record;

mod compare;

mod hearsay;

mod on_the_line;

mod tampering;

mod crowd;

mod network;

mod weather;

mod chance;

mod dependencies;
mod imports;
mod tidy;

mod docs;

mod console;

mod book;

mod http;

mod preview;

mod by_the_book;

mod spelling;

mod routes;

mod events;

mod world;

mod history;

mod removal;

mod erasure;

mod gone;

mod much_history;

mod days;
