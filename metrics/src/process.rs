//! Metrics of this process from the system: memory, processor time, open files. They exist only where there is a
//! `/proc`.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use super::Register;

/// Clock ticks of a second in `/proc`, on every system that Linux runs on.
const TICKS_PER_S: f64 = 100.0;
/// Bytes of a page, on the systems that the server is built for.
const PAGE_BYTES: i64 = 4096;

#[derive(Debug)]
pub(super) struct Process {
    resident: Gauge,
    files: Gauge,
    cpu: Counter<f64, AtomicU64>,
}

impl Process {
    pub(super) fn register(register: &mut Register) -> Self {
        let (resident, cpu) = (Gauge::default(), Counter::default());
        register.0.register_with_unit("process_resident_memory", "Memory in use", Unit::Bytes, resident.clone());
        let help = "Processor time of all threads";
        register.0.register_with_unit("process_cpu", help, Unit::Seconds, cpu.clone());
        let files = register.add("process_open_files", "Open files and sockets", Gauge::default());
        Self { resident, files, cpu }
    }

    /// Updates the metrics. A value that cannot be read stays as it was.
    pub(super) fn look(&self) {
        if let Some(pages) = read_field("/proc/self/statm", 1) {
            self.resident.set(pages * PAGE_BYTES);
        }
        if let Some(spent) = cpu_seconds() {
            // A counter accepts only additions.
            self.cpu.inc_by((spent - self.cpu.get()).max(0.0));
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            self.files.set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        }
    }
}

fn read_field(path: &str, at: usize) -> Option<i64> {
    std::fs::read_to_string(path).ok()?.split(' ').nth(at)?.trim().parse().ok()
}

/// Fields `utime` and `stime`, the 14th and 15th of `/proc/self/stat` (proc(5)); the second field is a name in brackets
/// that may have blanks.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_S)
}
