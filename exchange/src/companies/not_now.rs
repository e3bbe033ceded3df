//! The reasons for which a company cannot be visited now.

use switchboard_journal::StoreError;
use switchboard_wire::view::ErrorView;

/// The wait that a caller is told after a read that had to make room for SQLite's log.
const READ_AGAIN_MS: u64 = 1_000;

/// The reason for which a company cannot be visited now. Nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The journal's queue is full, or a read had to make room for SQLite's log.
    #[error("the server is overloaded; try again in {} ms", .retry_in_ms)]
    Overloaded { retry_in_ms: u64 },
    #[error("the server is restarting; reconnect in a moment")]
    Draining,
    /// The store cannot commit, or a company cannot be loaded.
    #[error("the store cannot commit at present; nothing was changed, try again later")]
    Unavailable,
}

impl NotNow {
    /// The stable word on the wire.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Overloaded { .. } => "overloaded",
            Self::Draining => "draining",
            Self::Unavailable => "unavailable",
        }
    }

    /// The error as devices and callers get it.
    #[must_use]
    pub fn view(self) -> ErrorView<'static> {
        let retry_in_ms = match self {
            Self::Overloaded { retry_in_ms } => Some(retry_in_ms),
            Self::Draining | Self::Unavailable => None,
        };
        ErrorView { reason: self.reason(), message: self.to_string(), retry_in_ms, ..ErrorView::default() }
    }
}

impl From<&StoreError> for NotNow {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Stopping => Self::Draining,
            StoreError::AskAgain => Self::Overloaded { retry_in_ms: READ_AGAIN_MS },
            StoreError::Unavailable(_)
            | StoreError::Unreadable(_)
            | StoreError::OutOfOrder { .. }
            | StoreError::TooFarBack(_)
            | StoreError::TooNew { .. }
            | StoreError::Taken
            | StoreError::Lost(_) => Self::Unavailable,
        }
    }
}
