//! The rules of booking: one company's employees, bookings, offers and sessions. Callers pass in the time and fresh
//! ids.
//!
//! [`Company::take`] is the one entry point: a command goes in, and events, an answer and notices come out. The steps
//! of that call are [`Company::decide`], [`Company::settle`] and [`Company::apply`]. The state comes from events alone,
//! so folding a company's events again gives the same state, byte for byte.

mod company;

mod roster;

pub mod routing;

mod load;

mod employee;

mod fit;

mod booking;

mod offer;

mod session;

mod recent_bookings;

mod brand;

mod availability;

mod person;

mod revocation;

pub mod command;

pub mod event;

pub mod notice;

pub mod refusal;

pub mod settings;

pub mod limits;

pub mod id;

pub mod spelling;

pub mod time;

pub mod invariants;

pub mod erasure;

pub use availability::{Availability, TopicAvailability};
pub use booking::{Booking, BookingReason, BookingRequest, BookingState};
pub use brand::{Brand, Colour};
pub use command::Command;
pub use company::{Answer, Company, InLine, Today, Turn};
pub use employee::{Employee, Intent, Meter, Pause, PauseRequest, Reach, Status, Turns};
pub use event::{Event, IntentBy};
pub use fit::{Fit, Misfit, StepPosition};
pub use id::{
    BookingId, ClientId, CompanyId, DeviceKind, EmployeeId, EmployeeNo, Key, LogoId, MessageId, OfferId, SessionId,
    Skill, Topic, Word,
};
pub use load::{Duty, Load, Work, WrapUp};
pub use notice::{Cause, Notice};
pub use offer::{Offer, Outcome};
pub use person::{Actor, EndedBy, Party};
pub use refusal::{NamedBy, Refusal};
pub use revocation::{Bearer, Token, Whose};
pub use routing::{Level, Profile, Routing, Skills, Wishes};
pub use session::{Message, Notes, Presence, Session};
pub use settings::CompanySettings;
pub use time::Time;
