//! People who act: the two sides of a session, and the admin.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, EmployeeId};

/// Person who acts on a booking or a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Client(ClientId),
    Employee(EmployeeId),
    /// A person or a back end that runs the company.
    Admin,
}

/// A party of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Client,
    Employee,
}

impl Party {
    /// The opposite side of the session.
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

/// Cause of the end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    Client,
    Employee,
    Admin,
    /// A party stayed away past its grace time.
    Lost,
}

impl EndedBy {
    /// All causes, in the order of the documentation.
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
