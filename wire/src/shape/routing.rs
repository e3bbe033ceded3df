//! Schemas of a company's routing for the API's document. A test compares them with the rules.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{ChannelsToChange, LevelOfStep, Order, Prefer, Skill, SkillsOfStep, Topic, TopicOrAll, Word, examples};

/// How a company routes bookings, with all defaults.
#[derive(Debug, ToSchema)]
#[schema(as = Routing, examples(examples::routing))]
pub struct AllRouting {
    /// Routes in their order: the first that has the topic and the channel of a booking, or any, is the booking's
    /// route. Without one, the booking asks the employees who take its topic, the longest idle first.
    #[schema(max_items = 64)]
    pub routes: Vec<RouteShape>,
    /// At most 16 kinds of contact by name, such as `chat` and `call`.
    pub channels: BTreeMap<String, ChannelShape>,
    /// Head start of each point of priority.
    #[schema(maximum = 86_400_000)]
    pub priority_ms: u64,
    /// Time for which a booking asks only the employees that its client wants. A client may ask for less.
    #[schema(maximum = 86_400_000)]
    pub hold_ms: u64,
    /// Time after the end of an offer from which the same booking may ask the same employee again; 0 means never.
    #[schema(maximum = 86_400_000)]
    pub ask_again_ms: u64,
    pub rest: RestShape,
    pub wrap_up: WrapUpShape,
    /// Reasons that a pause can have; with none, any word is a reason.
    #[schema(max_items = 64)]
    pub pause_reasons: Vec<Word>,
    pub clients: ClientWishesShape,
}

/// A routing to set. Omitted fields get their default.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RoutingToSet, examples(examples::routing_body))]
pub struct RoutingToSet {
    /// Routes in their order (default: none).
    #[schema(max_items = 64, required = false)]
    pub routes: Vec<RouteShape>,
    /// At most 16 kinds of contact by name, such as `chat` and `call` (default: none).
    #[schema(required = false)]
    pub channels: BTreeMap<String, ChannelShape>,
    /// Head start of each point of priority (default: 60000).
    #[schema(maximum = 86_400_000, required = false)]
    pub priority_ms: u64,
    /// Time for which a booking asks only the employees that its client wants. A client may ask for less (default: 0).
    #[schema(maximum = 86_400_000, required = false)]
    pub hold_ms: u64,
    /// Time after the end of an offer from which the same booking may ask the same employee again; 0 means never
    /// (default: 0).
    #[schema(maximum = 86_400_000, required = false)]
    pub ask_again_ms: u64,
    #[schema(required = false)]
    pub rest: RestShape,
    #[schema(required = false)]
    pub wrap_up: WrapUpShape,
    /// Reasons that a pause can have; with none, any word is a reason (default: none).
    #[schema(max_items = 64, required = false)]
    pub pause_reasons: Vec<Word>,
    #[schema(required = false)]
    pub clients: ClientWishesShape,
}

/// Changes to a routing: omitted fields stay, null resets a field to its default, objects are merged, and lists are
/// replaced (RFC 7396).
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RoutingToChange, examples(examples::routing_patch))]
pub struct RoutingToChange {
    /// Routes in their order, in place of all routes of before.
    #[schema(max_items = 64)]
    pub routes: Option<Vec<RouteShape>>,
    #[schema(inline)]
    pub channels: Option<ChannelsToChange>,
    /// Head start of each point of priority (default: 60000).
    #[schema(maximum = 86_400_000)]
    pub priority_ms: Option<u64>,
    /// Time for which a booking asks only the employees that its client wants (default: 0).
    #[schema(maximum = 86_400_000)]
    pub hold_ms: Option<u64>,
    /// Time after the end of an offer from which the same booking may ask the same employee again; 0 means never
    /// (default: 0).
    #[schema(maximum = 86_400_000)]
    pub ask_again_ms: Option<u64>,
    pub rest: Option<RestShape>,
    pub wrap_up: Option<WrapUpShape>,
    /// Reasons that a pause can have, in place of those of before.
    #[schema(max_items = 64)]
    pub pause_reasons: Option<Vec<Word>>,
    pub clients: Option<ClientWishesShape>,
}

/// The way of bookings about some topics.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Route)]
pub struct RouteShape {
    /// Topics of the route; null means any topic (default: null).
    #[schema(min_items = 1, max_items = 64)]
    pub topics: Option<Vec<Topic>>,
    /// Channel of the route, one of `channels`; null means any channel, and bookings without one (default: null).
    pub channel: Option<Word>,
    /// Steps in the order in which they open. A step that is open stays open.
    #[schema(min_items = 1, max_items = 8)]
    pub steps: Vec<StepShape>,
    /// Priority of the route's bookings; the claim `priority` in a client's token counts instead (default: 0).
    #[schema(maximum = 10, required = false)]
    pub priority: u8,
    #[schema(required = false)]
    pub wait: WaitShape,
}

/// Line of a route, in which bookings wait when no employee can be asked.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Wait)]
pub struct WaitShape {
    /// Maximum time that a booking may wait, from the beginning of its search; 0 means that there is no line
    /// (default: 0).
    #[schema(maximum = 86_400_000, required = false)]
    pub max_ms: u64,
    /// Maximum number of bookings of the route that wait (default: 100).
    #[schema(minimum = 1, maximum = 10_000, required = false)]
    pub max_length: u32,
    /// Whether a booking may begin to wait while no employee who fits is on duty (default: false).
    #[schema(required = false)]
    pub empty: bool,
}

/// Kind of contact, such as a chat or a call.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Channel)]
pub struct ChannelShape {
    /// Room that a session takes of its employee's capacity (default: 1).
    #[schema(minimum = 1, maximum = 100, required = false)]
    pub weight: u8,
    /// Skills that an employee must have for a booking of this channel, each with its least level (default: none).
    #[schema(inline, required = false)]
    pub skills: SkillsOfStep,
}

/// Employees that a booking may ask from a certain time on, and the order in which it asks them.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouteStep)]
pub struct StepShape {
    /// Time from the beginning of the search to the opening of the step: 0 in the first step, and more in each step
    /// than in the one before (default: 0).
    #[schema(maximum = 86_400_000, required = false)]
    pub after_ms: u64,
    /// Topic that an employee must take; null means the topic of the booking, and `*` all employees, whatever their
    /// topics (default: null).
    pub topic: Option<TopicOrAll>,
    #[schema(inline, required = false)]
    pub level: LevelOfStep,
    #[schema(inline, required = false)]
    pub skills: SkillsOfStep,
    /// Skills of the client's that the step does not ask for; `*` means all of them (default: none).
    #[schema(max_items = 64, required = false)]
    pub drop: Vec<Skill>,
    #[schema(inline, required = false)]
    pub prefer: Prefer,
    #[schema(inline, required = false)]
    pub order: Order,
    /// Maximum number of open offers of the booking from this step on (default: 1).
    #[schema(minimum = 1, maximum = 50, required = false)]
    pub at_once: u8,
}

/// Time for which an employee gets no offer after one without a yes.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rest)]
pub struct RestShape {
    /// After a rejected offer (default: 0).
    #[schema(maximum = 3_600_000, required = false)]
    pub rejected_ms: u64,
    /// After an offer that timed out or was not delivered (default: 0).
    #[schema(maximum = 3_600_000, required = false)]
    pub missed_ms: u64,
}

/// Rules of the time after a session, beside the setting `wrap_up_ms`.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WrapUpRules)]
pub struct WrapUpShape {
    /// Maximum time of a wrap-up that is extended, from the end of the session; up to `wrap_up_ms`, a wrap-up cannot be
    /// extended (default: 0).
    #[schema(maximum = 86_400_000, required = false)]
    pub max_ms: u64,
    /// Codes that a session can be given (default: none).
    #[schema(max_items = 64, required = false)]
    pub codes: Vec<Word>,
    /// Whether a wrap-up goes on until a code is given, as long as it may (default: false).
    #[schema(required = false)]
    pub code_required: bool,
}

/// Wishes that clients may have.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClientWishes)]
pub struct ClientWishesShape {
    /// Whether a client may ask for an employee, or for the one of last time (default: false).
    #[schema(required = false)]
    pub employee: bool,
    /// Skills that a client may ask for, such as languages (default: none).
    #[schema(max_items = 64, required = false)]
    pub skills: Vec<Skill>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Map, Value, json};
    use switchboard_core::Routing;
    use switchboard_core::routing::{Channel, Route, RouteStep};
    use utoipa::PartialSchema;

    use super::*;

    fn schema_of<T: PartialSchema>() -> Value {
        serde_json::to_value(T::schema()).unwrap()
    }

    fn names(fields: &Value) -> BTreeSet<&str> {
        fields.as_object().map(Map::keys).into_iter().flatten().map(String::as_str).collect()
    }

    #[test]
    fn the_schemas_have_the_fields_of_the_rules() {
        let routing = serde_json::to_value(Routing::default()).unwrap();
        let step = serde_json::to_value(RouteStep::default()).unwrap();
        let route = serde_json::to_value(Route::default()).unwrap();
        let channel = serde_json::to_value(Channel::default()).unwrap();
        for (schema, known) in [
            (schema_of::<AllRouting>(), &routing),
            (schema_of::<RoutingToSet>(), &routing),
            (schema_of::<RoutingToChange>(), &routing),
            (schema_of::<RestShape>(), &routing["rest"]),
            (schema_of::<WrapUpShape>(), &routing["wrap_up"]),
            (schema_of::<ClientWishesShape>(), &routing["clients"]),
            (schema_of::<RouteShape>(), &route),
            (schema_of::<WaitShape>(), &route["wait"]),
            (schema_of::<ChannelShape>(), &channel),
            (schema_of::<StepShape>(), &step),
        ] {
            assert_eq!(names(&schema["properties"]), names(known), "{schema}");
        }
        assert_eq!(schema_of::<AllRouting>()["required"].as_array().map(Vec::len), Some(names(&routing).len()));
        assert_eq!(schema_of::<RoutingToSet>().get("required"), None);
        assert_eq!(schema_of::<RouteShape>()["required"], json!(["steps"]));
    }

    /// Whether the rules take this value in that place.
    fn is_taken(place: &str, name: &str, value: u64) -> bool {
        let mut routing = json!({
            "rest": {}, "wrap_up": {}, "channels": { "chat": {} },
            "routes": [{ "wait": {}, "steps": [{}, { "after_ms": 1 }] }],
        });
        routing.pointer_mut(place).unwrap()[name] = json!(value);
        serde_json::from_value::<Routing>(routing).is_ok_and(|routing| routing.check().is_ok())
    }

    #[test]
    fn the_schemas_have_the_ranges_of_the_rules() {
        let mut seen = 0;
        for (schema, place) in [
            (schema_of::<RoutingToSet>(), ""),
            (schema_of::<AllRouting>(), ""),
            (schema_of::<RoutingToChange>(), ""),
            (schema_of::<RestShape>(), "/rest"),
            (schema_of::<WrapUpShape>(), "/wrap_up"),
            (schema_of::<ChannelShape>(), "/channels/chat"),
            (schema_of::<RouteShape>(), "/routes/0"),
            (schema_of::<WaitShape>(), "/routes/0/wait"),
            (schema_of::<StepShape>(), "/routes/0/steps/1"),
        ] {
            for (name, property) in schema["properties"].as_object().unwrap() {
                let Some(most) = property["maximum"].as_u64() else { continue };
                let least = property["minimum"].as_u64().unwrap_or(0);
                let taken = |value| is_taken(place, name, value);
                assert!(taken(most) && !taken(most + 1), "{place}/{name}: {property}");
                assert!(least == 0 || taken(least) && !taken(least - 1), "{place}/{name}: {property}");
                seen += 1;
            }
        }
        assert_eq!(seen, 19, "every number has its range");
    }

    #[test]
    fn the_examples_are_routings() {
        for example in [examples::routing(), examples::routing_body()] {
            let routing: Routing = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(routing.check(), Ok(()), "{example}");
        }
        let shown: Routing = serde_json::from_value(examples::routing()).unwrap();
        assert_eq!(serde_json::to_value(shown).unwrap(), examples::routing(), "all fields are shown");
    }
}
