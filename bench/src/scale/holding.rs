//! A separate process that fills a store through the exchange and the journal, and reports the memory that this took.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::checker::Population;
use crate::cycle::runtime;
use crate::exchange_under_test::{ExchangeUnderTest, OfferAnswer, Participants};
use crate::servers::resident_bytes;

/// A company made before the first reading of memory, so that memory which all share, such as SQLite's page cache, is
/// not attributed to any employee. Its employees stay idle, and its name is the last in order.
const WARM_UP: Population = Population { companies: 1, employees: 2_000 };
pub(super) const WARM_UP_NAME: &str = "warm-up";

/// The contents of the store to be made.
#[derive(clap::Args, Debug)]
pub struct HoldingFlags {
    /// Where the store is made
    data: PathBuf,
    /// How many companies
    #[arg(long, default_value_t = 1)]
    companies: usize,
    /// How many employees each has
    #[arg(long, default_value_t = 1)]
    employees: usize,
    /// How many sessions go on in each
    #[arg(long, default_value_t = 0)]
    sessions: usize,
    /// How many bookings are open in each, of employees who say nothing
    #[arg(long, default_value_t = 0)]
    bookings: usize,
}

/// Makes the store, prints the memory as a line of JSON, and keeps the store open until the process is ended.
///
/// # Errors
/// When the store cannot be made.
pub fn hold(flags: &HoldingFlags) -> Result<()> {
    let runtime = runtime()?;
    let mut under_test = ExchangeUnderTest::empty(&flags.data, &runtime, |store| store)?;
    under_test.hire(&runtime, Participants::of(WARM_UP_NAME, WARM_UP)?)?;
    let before = resident_bytes("self")?;
    under_test
        .hire(&runtime, Participants::new(Population { companies: flags.companies, employees: flags.employees })?)?;
    let hired = resident_bytes("self")?;
    under_test.book(&runtime, flags.sessions, OfferAnswer::Yes)?;
    under_test.book(&runtime, flags.bookings, OfferAnswer::Nothing)?;
    let booked = resident_bytes("self")?;
    let said = json!({ "hired_bytes": hired - before, "booked_bytes": booked - hired });
    writeln!(std::io::stdout(), "{said}")?;
    loop {
        std::thread::park();
    }
}
