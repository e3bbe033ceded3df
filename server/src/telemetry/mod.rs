//! Telemetry for the operator: log lines, and traces when they are configured.

mod lines;

mod line_limiter;

pub mod refusals;

mod said;
pub mod summary;

#[cfg(feature = "otlp")]
mod traces;

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, Settings};

pub use lines::Lines;
pub use said::{last_words, listening};
#[cfg(feature = "otlp")]
pub use traces::follow;

/// Keeps the log and the traces running. Dropping this value writes out the waiting lines and spans.
pub struct Telemetry {
    _lines: lines::Writing,
    #[cfg(feature = "otlp")]
    _traces: Option<traces::Sending>,
}

/// Logs panics as lines, with a backtrace if `RUST_BACKTRACE` asks for one.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let trace = std::backtrace::Backtrace::capture();
        let trace = (trace.status() == std::backtrace::BacktraceStatus::Captured).then(|| trace.to_string());
        let thread = std::thread::current();
        tracing::error!(thread = thread.name(), trace, "{panic}");
    }));
}

/// Starts the log, and the traces if `otlp_endpoint` is set.
///
/// # Errors
/// The system gives no thread, or the endpoint cannot be used.
pub fn start(settings: &Settings) -> anyhow::Result<Telemetry> {
    let (lines, writing) = Lines::start(std::io::stderr())?;
    let colours = std::io::stderr().is_terminal();
    let filter = EnvFilter::try_new(&settings.log)?;
    let log = match settings.log_format {
        LogFormat::Text => tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(lines).boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(lines).boxed(),
    };
    log_panics();
    let subscriber = tracing_subscriber::registry().with(log.with_filter(filter));
    #[cfg(feature = "otlp")]
    {
        let (layer, traces) =
            settings.otlp_endpoint.as_ref().map(|url| traces::start(url.expose())).transpose()?.unzip();
        subscriber.with(layer).init();
        Ok(Telemetry { _lines: writing, _traces: traces })
    }
    #[cfg(not(feature = "otlp"))]
    {
        subscriber.init();
        Ok(Telemetry { _lines: writing })
    }
}
