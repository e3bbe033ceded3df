//! Routes by topic, so that a booking finds its route without a look at the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Route, RouteStep, Routing};
use crate::id::{Topic, Word};

/// A routing with its routes by topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Routing", into = "Routing")]
pub(crate) struct RouteTable {
    routing: Routing,
    /// Routes of each topic that a route names, in their order.
    by_topic: BTreeMap<Topic, Vec<NumberedRoute>>,
    /// Routes of all other topics, in their order.
    of_the_rest: Vec<NumberedRoute>,
    /// The route of a booking that no other fits.
    plain: NumberedRoute,
}

/// A route with its position in the routing.
type NumberedRoute = (u8, Arc<Route>);

impl RouteTable {
    pub(crate) const fn routing(&self) -> &Routing {
        &self.routing
    }

    pub(crate) fn route(&self, topic: &Topic, channel: Option<&Word>) -> &NumberedRoute {
        self.first(self.by_topic.get(topic).unwrap_or(&self.of_the_rest), channel)
    }

    /// The route of a booking without a channel about a topic that no route names.
    pub(crate) fn of_the_rest(&self) -> &NumberedRoute {
        self.first(&self.of_the_rest, None)
    }

    fn first<'a>(&'a self, routes: &'a [NumberedRoute], channel: Option<&Word>) -> &'a NumberedRoute {
        let fits = |(_, route): &&NumberedRoute| route.channel.is_none() || route.channel.as_ref() == channel;
        routes.iter().find(fits).unwrap_or(&self.plain)
    }

    /// Topics that routes name.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Topic> {
        self.by_topic.keys()
    }
}

impl From<Routing> for RouteTable {
    fn from(routing: Routing) -> Self {
        let mut by_topic: BTreeMap<Topic, Vec<NumberedRoute>> = BTreeMap::new();
        for topic in routing.routes.iter().filter_map(|route| route.topics.as_ref()).flatten() {
            by_topic.entry(topic.clone()).or_default();
        }
        let mut of_the_rest = vec![];
        for (no, route) in (0_u8..).zip(&routing.routes) {
            let numbered = (no, route.clone());
            match &route.topics {
                Some(topics) => {
                    for topic in topics {
                        by_topic.entry(topic.clone()).or_default().push(numbered.clone());
                    }
                }
                None => {
                    by_topic.values_mut().for_each(|routes| routes.push(numbered.clone()));
                    of_the_rest.push(numbered);
                }
            }
        }
        let plain = (u8::MAX, Arc::new(Route { steps: vec![RouteStep::default()], ..Route::default() }));
        Self { routing, by_topic, of_the_rest, plain }
    }
}

impl From<RouteTable> for Routing {
    fn from(table: RouteTable) -> Self {
        table.routing
    }
}
