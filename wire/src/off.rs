//! Reasons for which a webhook endpoint is off: a closed vocabulary.

/// Reason why an endpoint is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// A person or a back end turned it off.
    Set,
    /// The receiver answered 410.
    Gone,
    /// Deliveries failed for too long.
    Failing,
}

impl Off {
    /// All reasons, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Set, Self::Gone, Self::Failing];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}
