//! Routes by topic, so that a booking finds its route without a look at the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Route, Routing, Step};
use crate::id::Topic;

/// A routing with its routes by topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Routing", into = "Routing")]
pub(crate) struct RouteTable {
    routing: Routing,
    /// The first route that names the topic, if no route before takes any topic.
    by_topic: BTreeMap<Topic, Numbered>,
    /// The route of all other topics.
    of_the_rest: Numbered,
}

/// A route with its position in the routing.
type Numbered = (u8, Arc<Route>);

impl RouteTable {
    pub(crate) const fn routing(&self) -> &Routing {
        &self.routing
    }

    pub(crate) fn route(&self, topic: &Topic) -> &Numbered {
        self.by_topic.get(topic).unwrap_or(&self.of_the_rest)
    }

    /// The route of all topics that no other route names.
    pub(crate) const fn of_the_rest(&self) -> &Numbered {
        &self.of_the_rest
    }

    /// Topics that routes name.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Topic> {
        self.by_topic.keys()
    }
}

impl From<Routing> for RouteTable {
    fn from(routing: Routing) -> Self {
        let mut by_topic: BTreeMap<Topic, Numbered> = BTreeMap::new();
        let mut of_the_rest = None;
        for (no, route) in (0_u8..).zip(&routing.routes) {
            let Some(topics) = &route.topics else {
                of_the_rest = Some((no, route.clone()));
                break;
            };
            for topic in topics {
                by_topic.entry(topic.clone()).or_insert_with(|| (no, route.clone()));
            }
        }
        let of_the_rest = of_the_rest.unwrap_or_else(|| (u8::MAX, Arc::new(plain_route())));
        Self { routing, by_topic, of_the_rest }
    }
}

impl From<RouteTable> for Routing {
    fn from(table: RouteTable) -> Self {
        table.routing
    }
}

/// The route of a company that sets none: whoever takes the topic, the longest idle first.
fn plain_route() -> Route {
    Route { steps: vec![Step::default()], ..Route::default() }
}
