//! The thread that writes log lines, so that no task waits for the reader of the log.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use switchboard_metrics::METRICS;
use tracing_subscriber::fmt::MakeWriter;

/// The most lines that wait. A longer queue means that the log is not read: further lines are lost and counted.
const WAITING_MAX: usize = 8192;
/// The most lines of one write.
const AT_ONCE: usize = 256;
/// The longest that the last lines may take.
const LAST_MAX: Duration = Duration::from_secs(1);

enum Item {
    Line(Vec<u8>),
    /// Answered after all earlier lines have been written.
    Flush(SyncSender<()>),
}

/// The sender of lines, which never waits.
#[derive(Clone)]
pub struct Lines(SyncSender<Item>);

/// Dropping this value waits up to [`LAST_MAX`] for the last lines.
pub struct Writing(SyncSender<Item>);

impl Lines {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<(Self, Writing)> {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        std::thread::Builder::new().name("log".into()).spawn(move || write_all(out, &receiver))?;
        Ok((Self(sender.clone()), Writing(sender)))
    }
}

fn write_all(mut out: impl Write, items: &Receiver<Item>) {
    let mut text = Vec::new();
    while let Ok(first) = items.recv() {
        let mut flushed = None;
        for item in std::iter::once(first).chain(items.try_iter().take(AT_ONCE)) {
            match item {
                Item::Line(line) => text.extend_from_slice(&line),
                Item::Flush(told) => flushed = Some(told),
            }
        }
        // A log that cannot be written has no place to report its error.
        let _written = out.write_all(&text).and_then(|()| out.flush());
        text.clear();
        if let Some(told) = flushed {
            let _gone = told.try_send(());
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.try_send(Item::Line(line.to_vec())).is_err() {
            METRICS.log_lines_lost.inc();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let (told, wait) = sync_channel(1);
        if self.0.try_send(Item::Flush(told)).is_ok() {
            let _in_time_or_not = wait.recv_timeout(LAST_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one thread").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_lines_are_out_when_the_end_has_come() {
        let kept = Kept::default();
        let (lines, writing) = Lines::start(kept.clone()).expect("a thread");
        for number in 0..1000 {
            writeln!(&lines, "line {number}").expect("it never fails");
        }
        drop(writing);
        let text = String::from_utf8(kept.0.lock().expect("one thread").clone()).expect("text");
        assert_eq!(text.lines().last(), Some("line 999"));
        assert_eq!(text.lines().count(), 1000);
    }

    /// Blocks each write until the test releases it.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _let_go = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_holds_nobody_up_and_what_it_lost_is_counted() {
        let (go, stuck) = sync_channel(0);
        let (lines, writing) = Lines::start(Stuck(stuck)).expect("a thread");
        let before = METRICS.log_lines_lost.get();
        for _ in 0..WAITING_MAX * 2 {
            (&lines).write_all(b"a line\n").expect("it never fails");
        }
        assert!(METRICS.log_lines_lost.get() - before >= (WAITING_MAX - AT_ONCE - 1) as u64);
        drop(go);
        drop(writing);
    }
}
