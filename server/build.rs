//! Has the pages embedded again when they were built again, and says what to do when they were not built.

use std::path::Path;

/// Where `console/` puts what it builds.
const BUILT: &str = "../console/dist";
/// Without any of these there are no pages.
const PAGES: [&str; 4] = ["index.html", "desk.html", "book.html", "board.html"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_CONSOLE").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed={BUILT}");
    for page in PAGES {
        if !Path::new(BUILT).join(page).is_file() {
            println!("cargo::error=`console/dist/{page}` is not there: `make console` builds the pages");
        }
    }
}
