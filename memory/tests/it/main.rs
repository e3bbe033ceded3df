//! The contract of a store, held by every store: what is committed is found again, in order and as a whole, and every
//! question about the past has the same answer.

mod life;
mod questions;
mod stores;

// One rule of the contract each.
mod agreement;
mod commits;
mod removals;
mod rewrites;
mod routed;
mod writes;
