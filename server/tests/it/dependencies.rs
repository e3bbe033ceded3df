//! Dependencies of the product: their licences, their origin and the crates that are banned, by the lists of deny.toml.
//! `make deny` has cargo-deny look deeper, which takes minutes to install.

use std::collections::BTreeSet;
use std::process::Command;

use spdx::{Expression, LicenseReq, ParseMode};

use crate::tidy::root;

/// Each package that is built for this platform with all features: its name and origin, and its licence.
fn packages() -> Vec<(String, String)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked =
        ["tree", "--workspace", "--all-features", "--locked", "--prefix=none", "--no-dedupe", "--format={p}\t{l}"];
    let told = Command::new(cargo).args(asked).current_dir(root()).output().expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8(told.stdout).expect("text");
    let lines: BTreeSet<&str> = told.lines().filter(|line| !line.is_empty()).collect();
    let parts = |line: &str| line.split_once('\t').map(|(package, licence)| (package.to_owned(), licence.to_owned()));
    lines.into_iter().map(|line| parts(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

#[test]
fn dependencies_have_allowed_licences_and_come_from_crates_io() {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let lists: toml::Table = text.parse().unwrap();
    let words = |list: &toml::Value, key: Option<&str>| -> BTreeSet<String> {
        let entries = list.as_array().expect("a list").iter();
        entries.map(|entry| key.map_or(entry, |key| &entry[key]).as_str().expect("a text").to_owned()).collect()
    };
    let allowed = words(&lists["licenses"]["allow"], None);
    let banned = words(&lists["bans"]["deny"], Some("crate"));
    assert!(!allowed.is_empty() && !banned.is_empty());
    let may =
        |asked: &LicenseReq| asked.addition.is_none() && asked.license.id().is_some_and(|id| allowed.contains(id.name));
    let ours = format!("({}", std::fs::canonicalize(root()).unwrap().display());
    let all = packages();
    assert!(all.len() > 100, "{} packages are too few to be all", all.len());
    for (package, licence) in &all {
        let mut words = package.splitn(3, ' ');
        let (name, origin) = (words.next().unwrap(), words.nth(1).unwrap_or_default());
        assert!(!banned.contains(name), "`{name}` is banned");
        // Cargo names the origin of each package that is not from crates.io, and marks macros.
        assert!(origin.is_empty() || origin == "(proc-macro)" || origin.contains(&ours), "`{package}`");
        let read = Expression::parse_mode(licence, ParseMode::LAX);
        let read = read.unwrap_or_else(|error| panic!("`{package}` has the licence `{licence}`: {error}"));
        assert!(read.evaluate(may), "`{package}` has the licence `{licence}`, which deny.toml does not allow");
    }
}
