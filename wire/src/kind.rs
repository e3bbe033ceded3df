//! Kinds of events that back ends are told of: a closed vocabulary.

/// Kind of an event on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    CompanySet,
    RoutingSet,
    CompanyRemoved,
    EmployeeSet,
    EmployeeRemoved,
    EmployeeIntent,
    BookingOpened,
    OfferMade,
    /// A device of the asked employee has the offer.
    OfferDelivered,
    /// An offer ended without an acceptance.
    OfferClosed,
    /// The search ended without a session.
    BookingEnded,
    SessionStarted,
    MessageSent,
    SessionEnded,
    /// The employee said with a code how the session went.
    SessionCoded,
}

impl Kind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::CompanySet,
        Self::RoutingSet,
        Self::CompanyRemoved,
        Self::EmployeeSet,
        Self::EmployeeRemoved,
        Self::EmployeeIntent,
        Self::BookingOpened,
        Self::OfferMade,
        Self::OfferDelivered,
        Self::OfferClosed,
        Self::BookingEnded,
        Self::SessionStarted,
        Self::MessageSent,
        Self::SessionEnded,
        Self::SessionCoded,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CompanySet => "company.set",
            Self::RoutingSet => "routing.set",
            Self::CompanyRemoved => "company.removed",
            Self::EmployeeSet => "employee.set",
            Self::EmployeeRemoved => "employee.removed",
            Self::EmployeeIntent => "employee.intent",
            Self::BookingOpened => "booking.opened",
            Self::OfferMade => "offer.made",
            Self::OfferDelivered => "offer.delivered",
            Self::OfferClosed => "offer.closed",
            Self::BookingEnded => "booking.ended",
            Self::SessionStarted => "session.started",
            Self::MessageSent => "message.sent",
            Self::SessionEnded => "session.ended",
            Self::SessionCoded => "session.coded",
        }
    }

    /// Name of the stored event that the kind is made of.
    #[must_use]
    pub const fn stored(self) -> &'static str {
        match self {
            Self::CompanySet => "company_set",
            Self::RoutingSet => "routing_set",
            Self::CompanyRemoved => "company_removed",
            Self::EmployeeSet => "employee_set",
            Self::EmployeeRemoved => "employee_removed",
            Self::EmployeeIntent => "intent_set",
            Self::BookingOpened => "booking_opened",
            Self::OfferMade => "offer_made",
            Self::OfferDelivered => "offer_delivered",
            Self::OfferClosed => "offer_closed",
            Self::BookingEnded => "booking_ended",
            Self::SessionStarted => "offer_accepted",
            Self::MessageSent => "message_sent",
            Self::SessionEnded => "session_ended",
            Self::SessionCoded => "session_coded",
        }
    }

    /// Fields that the event's data always has, for the documentation.
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::CompanySet => &["name", "settings"],
            Self::RoutingSet => &["routing"],
            Self::CompanyRemoved => &[],
            Self::EmployeeSet => &["employee_id", "name", "topics"],
            Self::EmployeeRemoved => &["employee_id"],
            Self::EmployeeIntent => &["employee_id", "intent", "by"],
            Self::BookingOpened => &["booking_id", "client_id", "client_name", "topic", "note"],
            Self::OfferMade => &[
                "offer_id",
                "booking_id",
                "attempt",
                "employee_id",
                "employee_name",
                "client_id",
                "client_name",
                "topic",
                "note",
                "made_at",
                "expires_at",
            ],
            Self::OfferDelivered => &["offer_id", "booking_id", "attempt", "employee_id", "device"],
            Self::OfferClosed => &["offer_id", "booking_id", "attempt", "employee_id", "outcome", "reason"],
            Self::BookingEnded => &["booking_id", "client_id", "topic", "state", "reason"],
            Self::SessionStarted => &[
                "session_id",
                "booking_id",
                "offer_id",
                "client_id",
                "client_name",
                "employee_id",
                "employee_name",
                "topic",
            ],
            Self::MessageSent => {
                &["message_id", "session_id", "booking_id", "client_id", "employee_id", "topic", "from"]
            }
            Self::SessionEnded => {
                &["session_id", "booking_id", "client_id", "employee_id", "topic", "started_at", "ended_by", "reason"]
            }
            Self::SessionCoded => &["session_id", "booking_id", "employee_id", "code"],
        }
    }

    /// Fields that the event's data has where they apply, for the documentation.
    #[must_use]
    pub const fn fields_where_they_apply(self) -> &'static [&'static str] {
        match self {
            Self::EmployeeSet => &["skills", "share"],
            Self::EmployeeIntent => &["reason", "until"],
            Self::BookingOpened => &["skills"],
            Self::CompanySet
            | Self::RoutingSet
            | Self::CompanyRemoved
            | Self::EmployeeRemoved
            | Self::OfferMade
            | Self::OfferDelivered
            | Self::OfferClosed
            | Self::BookingEnded
            | Self::SessionStarted
            | Self::MessageSent
            | Self::SessionEnded
            | Self::SessionCoded => &[],
        }
    }

    /// The kind with that word on the wire.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The kind of events that are stored under that name.
    #[must_use]
    pub fn of_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.stored() == name)
    }
}
