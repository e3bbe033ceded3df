//! The company's routing, and the routes of its bookings.

use std::sync::{Arc, LazyLock};

use super::Company;
use crate::availability::Availability;
use crate::booking::BookingRequest;
use crate::event::Event;
use crate::id::Topic;
use crate::routing::{Need, RouteTable, Routed, Routing, Wishes};
use crate::time::Time;

static DEFAULT: LazyLock<Routing> = LazyLock::new(Routing::default);

impl Company {
    /// How bookings are routed from now on.
    #[must_use]
    pub fn routing(&self) -> &Routing {
        self.routing.as_ref().map_or(&DEFAULT, |table| table.routing())
    }

    pub(super) fn set_routing(&self, routing: &Routing) -> Vec<Event> {
        let same = *routing == *self.routing();
        if same { vec![] } else { vec![Event::RoutingSet { routing: Box::new(routing.clone()) }] }
    }

    pub(super) fn put_routing(&mut self, routing: &Routing) {
        let is_default = *routing == *DEFAULT;
        self.routing = (!is_default).then(|| Arc::new(RouteTable::from(routing.clone())));
        self.make_pools_of_routes();
        self.roster.flip();
    }

    /// Makes the pools of all bookings without wishes, so that no booking waits for them.
    pub(super) fn make_pools_of_routes(&mut self) {
        let Some(table) = self.routing.clone() else { return };
        for (topic, _) in table.named() {
            self.make_pools_of(&table, topic);
        }
        for topic in self.roster.named_topics() {
            self.make_pools_of(&table, &topic);
        }
    }

    pub(super) fn make_pools_of(&mut self, table: &RouteTable, topic: &Topic) {
        for step in &table.route(topic).steps {
            self.roster.make_pools(&Need::of_step(step, topic, &Wishes::default()));
        }
    }

    /// The routing of a booking that is opened now; none while the company has no routing.
    pub(super) fn routed(&self, now: Time, request: &BookingRequest) -> Option<Routed> {
        let table = self.routing.as_ref()?;
        let wishes = request.wishes.as_deref().cloned().unwrap_or_default();
        Some(Routed::new(table.route(&request.topic).clone(), wishes, &request.topic, self.seq, now))
    }

    /// Availability in all and per topic: whether a booking without wishes can succeed.
    #[must_use]
    pub fn availability(&self) -> Availability {
        let mut availability = self.roster.availability();
        let Some(table) = &self.routing else { return availability };
        for (topic, here) in &mut availability.topics {
            let route = table.route(topic);
            if !route.asks_whoever_takes_the_topic() {
                let mut needs = route.steps.iter().map(|step| Need::of_step(step, topic, &Wishes::default()));
                here.available = needs.any(|need| self.roster.has_candidate_for(&need));
            }
        }
        availability.available = match availability.topics.is_empty() {
            true => availability.idle > 0,
            false => availability.topics.iter().any(|(_, here)| here.available),
        };
        availability
    }
}
