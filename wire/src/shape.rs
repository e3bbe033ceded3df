//! Schemas of the contract's plain values for the API's document: ids, times, topics, names and words.

pub mod examples;
mod routing;

use std::borrow::Cow;

use serde_json::json;
use switchboard_core::limits::{
    ID_MAX_CHARS, KEY_MAX_CHARS, NAME_MAX_CHARS, SKILLS_PER_EMPLOYEE_MAX, SKILLS_PER_STEP_MAX, TOPIC_MAX_CHARS,
};
use switchboard_core::{
    BookingReason, BookingState, CompanySettings, EndedBy, Intent, Level, Outcome, Party, Status, routing as rules,
};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Ref, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

pub use self::routing::{AllRouting, RoutingToChange, RoutingToSet};
use crate::{Kind, Off};

/// Pattern of characters that are neither control characters nor blanks alone.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u001f\u007f-\u009f\s][^\u0000-\u001f\u007f-\u009f]*$";

macro_rules! shapes {
    ($($(#[doc = $doc:literal])+ $name:ident = $build:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let described: ObjectBuilder = $build;
                described.description(Some(concat!($($doc),+).trim())).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )+};
}

shapes! {
    /// The id of a company, an employee or a client.
    Id = line(r"^[A-Za-z0-9._~@-]*[A-Za-z0-9_~@-][A-Za-z0-9._~@-]*$", ID_MAX_CHARS).examples([json!("acme")]);
    /// The id of a booking, a session or a message: a `UUIDv7`.
    Uuid = text("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .examples([json!(examples::BOOKING)]);
    /// The id of an offer: the id of its booking and its number within the booking.
    OfferId = text(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9][0-9]*$");
    /// Topic of a consultation.
    Topic = line(LINE, TOPIC_MAX_CHARS).examples([json!("tax")]);
    /// Topic of a consultation; `*` means all employees, whatever their topics.
    TopicOrAll = line(LINE, TOPIC_MAX_CHARS).examples([json!("tax")]);
    /// A skill, such as a language, a team, or a topic in which employees have levels.
    Skill = line(LINE, TOPIC_MAX_CHARS).examples([json!("de")]);
    /// Kinds of contact to change, by name; null removes one, and others stay.
    ChannelsToChange = ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(RefOr::T(channel_or_null())));
    /// Least level in the topic; 1 with the topic `*` (default: 1).
    LevelOfStep = level();
    /// Skills that an employee must have beside those that the client asks for, each with its least level (default:
    /// none).
    SkillsOfStep = skills(level()).max_properties(Some(SKILLS_PER_STEP_MAX));
    /// Skills, each with a level from 1 to 10.
    Skills = skills(level()).max_properties(Some(SKILLS_PER_EMPLOYEE_MAX)).examples([json!({ "tax": 5, "de": 10 })]);
    /// Skills to change, each with a level from 1 to 10; null or 0 removes a skill, and other skills stay.
    SkillsToChange = skills(
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
            .minimum(Some(0_u64))
            .maximum(Some(u64::from(Level::MOST.number()))),
    )
    .examples([json!({ "de": 10, "senior": null })]);
    /// A word of the company, such as the reason of a pause or the code of a session.
    Word = line(LINE, KEY_MAX_CHARS).examples([json!("lunch")]);
    /// Level in the topic that goes first (default: `any`): `any` makes no difference, `best` is the highest level, and
    /// `least` the lowest that is enough.
    Prefer = one_of(rules::Prefer::ALL.map(rules::Prefer::word));
    /// Order among employees that `prefer` leaves equal (default: `longest_idle`). A turn is an offer that its employee
    /// accepted, declined or missed: `round_robin` is the order of the latest turns, `fewest` that of the numbers of
    /// turns on a day in UTC, and `share` that of the turns in proportion to each employee's share.
    Order = one_of(rules::Order::ALL.map(rules::Order::word));
    /// A name for people to read.
    Name = line(LINE, NAME_MAX_CHARS).examples([json!("Acme")]);
    /// Name of the client at the time of booking, from the claim `name` of their token; null without that claim.
    ClientName = line(LINE, NAME_MAX_CHARS).examples([json!("Carl Berg")]);
    /// A colour: red, green and blue.
    Colour = text("^#[0-9a-fA-F]{6}$").examples([json!("#0b7a75")]);
    /// Path of a logo on this server, readable without a key.
    LogoPath = text("^/logo/[A-Za-z0-9._~@-]{1,128}/[0-9a-f]{32}$").examples([json!(examples::LOGO)]);
    /// A time: RFC 3339 in UTC with milliseconds.
    Moment = text(r"^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$")
        .format(Some(SchemaFormat::Custom("date-time".to_owned())))
        .examples([json!("2026-11-23T09:30:00.000Z")]);
    /// A time in RFC 3339 format, with any number of fractional digits.
    AnyMoment = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("date-time".to_owned())));
    /// A position in the queue of employees who can get an offer.
    Place = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0_u64)).maximum(Some(u64::MAX));
    /// Any JSON value, as given by the client.
    Note = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    /// Current status of an employee.
    EmployeeStatus = one_of(Status::ALL.map(Status::word));
    /// Desired state of an employee.
    EmployeeIntent = one_of([Intent::Offline.word(), Intent::Idle.word()]);
    /// State of a booking.
    StateOfBooking = one_of(BookingState::ALL.map(BookingState::word));
    /// Reason why a booking ended without a session.
    EndOfBooking = one_of(BookingReason::ALL.map(BookingReason::word));
    /// Outcome of an offer.
    EndOfOffer = one_of(Outcome::ALL.map(Outcome::word));
    /// Whether a session has ended.
    StateOfSession = one_of(["running", "ended"]);
    /// Party that ended a session.
    EnderOfSession = one_of([EndedBy::Client, EndedBy::Employee, EndedBy::Admin, EndedBy::Lost].map(EndedBy::word));
    /// Type of an event.
    KindOfEvent = one_of(Kind::ALL.map(Kind::word)).examples([json!("offer.made")]);
    /// Whether an endpoint receives events.
    StateOfWebhook = one_of(["on", "off"]);
    /// Reason why an endpoint is off.
    WhyWebhookIsOff = one_of([Off::Set, Off::Gone, Off::Failing].map(Off::word));
    /// Whether a delivery is retried.
    StateOfDelivery = one_of(["pending", "dead"]);
    /// A web address (URL).
    Url = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uri".to_owned())));
    /// Format of a table.
    FormOfTable = one_of(["json", "csv"]);
    /// A party of a session.
    Side = one_of([Party::Client.word(), Party::Employee.word()]);
    /// Settings of a company. Omitted settings have their default.
    SettingsToSet = settings(Use::Set);
    /// Settings to change; null resets a setting to its default.
    SettingsToChange = settings(Use::Change);
    /// All settings of a company.
    AllSettings = CompanySettings::ranges().iter().fold(settings(Use::Show), |all, (name, ..)| all.required(*name));
}

/// Use of a company's settings in a request or an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// To be set, each or none.
    Set,
    /// To be changed; null is the default again.
    Change,
    /// To be shown, all of them.
    Show,
}

fn line(pattern: &str, max_chars: usize) -> ObjectBuilder {
    text(pattern).min_length(Some(1)).max_length(Some(max_chars))
}

fn level() -> ObjectBuilder {
    let [least, most] = [Level::LEAST, Level::MOST].map(Level::number);
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
}

fn skills(level: ObjectBuilder) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(RefOr::T(Schema::Object(level.build()))))
}

fn channel_or_null() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(null).item(Ref::from_schema_name(self::routing::ChannelShape::name())).into()
}

fn text(pattern: impl Into<String>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

fn one_of<const N: usize>(words: [&'static str; N]) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words))
}

/// Only shown settings have a default in the schema, because generators of types take a field with a default for
/// required.
fn settings(used: Use) -> ObjectBuilder {
    let kind =
        || if used == Use::Change { SchemaType::from_iter([Type::Integer, Type::Null]) } else { Type::Integer.into() };
    let all = CompanySettings::table().into_iter().zip(CompanySettings::ranges());
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let object = all.fold(object, |object, ((name, default, what), (_, least, most))| {
        let shown = default.parse::<u64>().ok().filter(|_| used == Use::Show).map(|default| json!(default));
        let what = if used == Use::Show { what.to_owned() } else { format!("{what} (default: {default})") };
        let number = ObjectBuilder::new().schema_type(kind()).minimum(Some(least)).maximum(Some(most));
        object.property(name, number.default(shown).description(Some(what)))
    });
    object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
}
