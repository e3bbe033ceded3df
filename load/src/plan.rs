//! The plan of a run: numbers of people, rates, and times. The comments of its fields are the command's help text.

use std::path::PathBuf;
use std::time::Duration;

use crate::server_url::ServerUrl;

/// The plan of a run, as the command line gives it.
#[derive(Clone, Debug, clap::Args)]
pub struct Plan {
    /// URL of the server, which must have `auto_provision` turned on
    #[arg(long, default_value = "http://127.0.0.1:4000")]
    pub url: ServerUrl,
    /// Number of companies
    #[arg(long, default_value_t = 10, value_parser = at_least_one)]
    pub companies: usize,
    /// Number of employees per company
    #[arg(long, default_value_t = 20, value_parser = at_least_one)]
    pub employees: usize,
    /// Number of clients per company
    #[arg(long, default_value_t = 20, value_parser = at_least_one)]
    pub clients: usize,
    /// Bookings started per second, however slow the server is (open loop)
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, conflicts_with = "loop")]
    pub rate: Option<f64>,
    /// Each client books again as soon as its session ends (closed loop); the default without `--rate`
    #[arg(long = "loop", id = "loop")]
    pub closed: bool,
    /// Duration of the measurement
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub duration: Duration,
    /// Duration of the warm-up before it, which is not measured
    #[arg(long, default_value = "2s", value_parser = duration)]
    pub warm_up: Duration,
    /// Share of offers that are accepted, from 0 to 1; the others are rejected
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    pub accept: f64,
    /// Average time that an employee takes to answer; 0s answers at once
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub think: Duration,
    /// Average duration of a session; 0s ends it at once
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub session: Duration,
    /// Number of people that connect and join concurrently; the number of all people simulates a server restart
    #[arg(long, default_value_t = 64, value_parser = at_least_one)]
    pub handshakes: usize,
    /// Prefix of the companies' ids
    #[arg(long, default_value = "load")]
    pub name: String,
    /// Random seed: the same seed repeats the same answers and pauses
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Process id of the server on this machine, to report its CPU time
    #[arg(long, value_name = "PID")]
    pub server_pid: Option<u32>,
    /// Write all figures as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Plot the latencies and the bookings per second as SVG
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("must be a whole number".into()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
        Ok(_) | Err(_) => Err("must be a number above 0 and at most 1000000".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        Ok(_) | Err(_) => Err("must be a number from 0 to 1".into()),
    }
}

/// Parses a number with its unit, such as `250ms`, `1.5s` or `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit_s = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err("must be a number with a unit, such as 250ms, 1.5s or 2m".into()),
    };
    let number: f64 = number.parse().map_err(|_| "must be a number with a unit, such as 250ms, 1.5s or 2m")?;
    match Duration::try_from_secs_f64(number * unit_s) {
        Ok(duration) if duration <= Duration::from_secs(86_400) => Ok(duration),
        Ok(_) | Err(_) => Err("must be from 0s to a day".into()),
    }
}

/// A person's own random numbers (splitmix64), so that the same seed repeats the same answers and pauses.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64, person: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ person);
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to below 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A time of `mean` length on average, distributed exponentially like waits between independent events, and at most
    /// ten times as long.
    pub(super) fn about(&mut self, mean: Duration) -> Duration {
        // 1 less the share, which is never 0 and so has a logarithm.
        mean.mul_f64((-(1.0 - self.share()).ln()).min(10.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for text in ["", "5", "s", "5h", "-1s", "1e9s", "1s2", "NaNs"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_and_a_rate_have_their_ranges() {
        assert!(share("0").is_ok() && share("1").is_ok() && share("0.8").is_ok());
        assert!(share("1.1").is_err() && share("-0.1").is_err() && share("NaN").is_err());
        assert!(rate("0.5").is_ok() && rate("0").is_err() && rate("inf").is_err() && rate("many").is_err());
    }
}
