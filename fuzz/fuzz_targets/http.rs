//! Requests to the HTTP API, for the whole router on a store of its own.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_trials::http(data));
