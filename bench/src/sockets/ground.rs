//! The lower bounds of any server: one byte there and back over loopback, and one small write made durable.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

/// Samples of the loopback.
const ROUND_TRIPS: usize = 1000;
/// Samples of the disk.
const SYNCS: usize = 200;
/// A commit of one booking writes at least this much.
const BYTES: [u8; 4096] = [7; 4096];

/// The median time of a byte there and back, in milliseconds.
pub(super) fn round_trip_ms() -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = std::thread::spawn(move || {
        let mut byte = [0];
        while far.read_exact(&mut byte).is_ok() && far.write_all(&byte).is_ok() {}
    });
    let median = median_ms(ROUND_TRIPS, || {
        near.write_all(&[1])?;
        near.read_exact(&mut [0])?;
        Ok(())
    });
    drop(near);
    // The thread ends with the connection.
    let _ended = echo.join();
    median
}

/// The median time of a small write and its fdatasync, in milliseconds.
pub(super) fn fdatasync_ms(directory: &Path) -> Result<f64> {
    let mut file = File::create(directory.join("synced"))?;
    median_ms(SYNCS, || {
        file.write_all(&BYTES)?;
        file.sync_data()?;
        Ok(())
    })
}

fn median_ms(times: usize, mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        once()?;
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    Ok(took[times / 2])
}
