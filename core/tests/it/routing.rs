//! Stories of companies with a routing, one for each rule.

mod at_once;

mod estimate;

mod fit;

mod line;

mod order;

mod priority;

mod room;

mod steps;

mod wanted;

mod work;
