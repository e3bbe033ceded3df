//! A case: the seed and sizes that determine one simulation completely, short enough to be written on a line.

use std::fmt;
use std::str::FromStr;

use anyhow::Context;

/// One simulation. The same case always produces the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Seed of all dice.
    pub seed: u64,
    pub companies: usize,
    /// Number of clients, over all companies.
    pub clients: usize,
    /// Number of employees in each company.
    pub employees: usize,
    /// Number of throws before everything is healed.
    pub steps: u32,
    /// The throws to run, when a shrunk case leaves some out.
    pub only: Option<Vec<u32>>,
}

impl Case {
    /// Derives the sizes of a case from its seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let case = Self {
            seed,
            companies: 1 + usize::from(dice.u8(0..4) == 0),
            clients: dice.usize(1..=7),
            employees: dice.usize(1..=5),
            steps: dice.u32(200..=1600),
            only: None,
        };
        match dice.u8(0..4) {
            // Enough people for several bookings that ask several employees at once.
            0 => Self { companies: 1, clients: case.clients + 3, employees: case.employees + 3, ..case },
            _ => case,
        }
    }

    /// The numbers of the throws that are run.
    pub(crate) fn throws(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &self.only {
            Some(only) => Box::new(only.iter().copied()),
            None => Box::new(0..self.steps),
        }
    }

    /// Number of throws that are run.
    #[must_use]
    pub fn len(&self) -> usize {
        self.only.as_ref().map_or(self.steps as usize, Vec::len)
    }

    /// Whether no throw is run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dice of one throw. They do not depend on other throws, so that any throw can be left out.
    #[must_use]
    pub(crate) fn dice(&self, throw: u32) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed ^ (u64::from(throw) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, companies, clients, employees, steps, only } = self;
        write!(out, "{seed}:{companies}:{clients}:{employees}:{steps}")?;
        let Some(only) = only else { return Ok(()) };
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        write!(out, ":{}", only.join(","))
    }
}

impl FromStr for Case {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let form = "a case is `seed` or `seed:companies:clients:employees:steps[:throw,throw,…]`";
        if let Ok(seed) = text.parse() {
            return Ok(Self::of_seed(seed));
        }
        let fields: Vec<&str> = text.split(':').collect();
        let [seed, companies, clients, employees, steps, ref rest @ ..] = fields[..] else { anyhow::bail!(form) };
        let only = match rest {
            [] => None,
            [only] => Some(only.split(',').map(str::parse).collect::<Result<_, _>>().context(form)?),
            _ => anyhow::bail!(form),
        };
        Ok(Self {
            seed: seed.parse().context(form)?,
            companies: companies.parse().context(form)?,
            clients: clients.parse().context(form)?,
            employees: employees.parse().context(form)?,
            steps: steps.parse().context(form)?,
            only,
        })
    }
}
