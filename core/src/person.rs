//! Who acts: the two sides of a session, and whoever runs the company.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, EmployeeId};

/// Who acts on a booking or a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A client.
    Client(ClientId),
    /// An employee.
    Employee(EmployeeId),
    /// Whoever runs the company.
    Admin,
}

/// One side of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Who asked.
    Client,
    /// Who said yes.
    Employee,
}

impl Party {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Employee,
            Self::Employee => Self::Client,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Employee => "employee",
        }
    }
}

/// Who ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The client.
    Client,
    /// The employee.
    Employee,
    /// Whoever runs the company.
    Admin,
    /// Nobody: a party stayed away past its grace time.
    Lost,
}

impl EndedBy {
    /// Everybody and nobody, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Client, Self::Employee, Self::Admin, Self::Lost];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Employee => "employee",
            Self::Admin => "admin",
            Self::Lost => "lost",
        }
    }
}
