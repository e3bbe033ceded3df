//! A separate process that fills a store through the exchange and the journal, and reports the memory that this took.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::checker::Case;
use crate::cycle::runtime;
use crate::house::{House, OfferAnswer, People};
use crate::servers::resident_bytes;

/// A company made before the first reading of memory, so that memory which all share, such as SQLite's page cache, is
/// not attributed to any employee. Its employees stay idle, and its name is the last in order.
const WARM_UP: Case = Case { companies: 1, employees: 2_000 };
pub(super) const WARM_UP_NAME: &str = "warm-up";

/// The contents of the store to be made.
#[derive(clap::Args, Debug)]
pub struct Flags {
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
pub fn hold(flags: &Flags) -> Result<()> {
    let runtime = runtime()?;
    let mut house = House::empty(&flags.data, &runtime, |store| store)?;
    house.hire(&runtime, People::of(WARM_UP_NAME, WARM_UP)?)?;
    let before = resident_bytes("self")?;
    house.hire(&runtime, People::new(Case { companies: flags.companies, employees: flags.employees })?)?;
    let hired = resident_bytes("self")?;
    house.book(&runtime, flags.sessions, OfferAnswer::Yes)?;
    house.book(&runtime, flags.bookings, OfferAnswer::Nothing)?;
    let booked = resident_bytes("self")?;
    let said = json!({ "hired_bytes": hired - before, "booked_bytes": booked - hired });
    writeln!(std::io::stdout(), "{said}")?;
    loop {
        std::thread::park();
    }
}
