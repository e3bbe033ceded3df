//! Stories of companies with a routing, one for each rule.

mod at_once;

mod fit;

mod order;

mod steps;

mod work;
