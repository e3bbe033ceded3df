//! Events and snapshots as a store may hold them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_trials::stored(data));
