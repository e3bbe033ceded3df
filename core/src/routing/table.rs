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
    by_topic: BTreeMap<Topic, Arc<Route>>,
    /// The route of all other topics.
    of_the_rest: Arc<Route>,
}

impl RouteTable {
    pub(crate) const fn routing(&self) -> &Routing {
        &self.routing
    }

    pub(crate) fn route(&self, topic: &Topic) -> &Arc<Route> {
        self.by_topic.get(topic).unwrap_or(&self.of_the_rest)
    }

    /// Topics that routes name, each with its route.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&Topic, &Arc<Route>)> {
        self.by_topic.iter()
    }
}

impl From<Routing> for RouteTable {
    fn from(routing: Routing) -> Self {
        let mut by_topic: BTreeMap<Topic, Arc<Route>> = BTreeMap::new();
        let mut of_the_rest = None;
        for route in &routing.routes {
            let Some(topics) = &route.topics else {
                of_the_rest = Some(route.clone());
                break;
            };
            for topic in topics {
                by_topic.entry(topic.clone()).or_insert_with(|| route.clone());
            }
        }
        let of_the_rest = of_the_rest.unwrap_or_else(|| Arc::new(plain_route()));
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
    Route { topics: None, steps: vec![Step::default()] }
}
