//! Imports go one way: each module imports only modules before it in its directory, so that no two depend on each
//! other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::tidy::root;

/// A directory of modules, listed so that each comes after all that it imports.
struct Room {
    directory: &'static str,
    order: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        directory: "core/src",
        order: "limits spelling id availability time offer routing booking brand load employee fit person revocation \
                settings command event refusal session notice recent_bookings roster erasure company invariants",
    },
    Room { directory: "wire/src", order: "json fields kind off scope secret skill claims phoenix shape view" },
    Room { directory: "client/src", order: "error frame socket" },
    Room {
        directory: "journal/src",
        order: "sync api_key audit base cut day due erasure feed_notifier picture rows wanted endpoint logos write \
                entry store committer queue",
    },
    Room {
        directory: "load/src",
        order: "identity server_url plan ledger figures plot output report client employee play",
    },
    Room {
        directory: "history/src",
        order: "ids asked figures spread paging past store tally lists replay days audit cut erasure export feed \
                reasons preview snapshot statistics timeline webhooks",
    },
    Room { directory: "memory/src", order: "gate rewrites tables rows cut erasure write past check" },
    Room {
        directory: "sqlite/src",
        order: "error columns directory schema backup revision removal bases logos offline_writer audit keys past tables \
                commit_log reader days endpoints erasure cut writer check",
    },
    Room { directory: "exchange/src", order: "clock ice admission outbox companies channel device scenes" },
    Room {
        directory: "exchange/src/companies",
        order: "not_now ownership rooms places reply availability telling outcomes recent_writes timekeeper visit rewriting",
    },
    Room {
        directory: "server/src",
        order: "watched_files auth tls config telemetry audit api_keys reading shutdown webhooks \
                origins socket demo erasure api systemd unread door crowd retention serve command_line",
    },
    Room {
        directory: "sim/src",
        order: "case merged reference plain wire cast expectation disk weather server_under_test task digest world \
                deciding faults heal people prove running shrink throw watch",
    },
    Room {
        directory: "bench/src",
        order: "checker rounds cycle ground exchange_under_test results growth rivals servers scale sockets store",
    },
];

/// Files beside modules that are no modules.
const NO_MODULES: &[&str] = &["lib", "main", "mod", "tests"];

/// The files of each module in a directory.
fn modules(directory: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut modules: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !NO_MODULES.contains(&name.as_str()) {
            files(&path, modules.entry(name).or_default());
        }
    }
    modules.retain(|_, files| !files.is_empty());
    modules
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|e| e == "rs") && path.file_stem().is_some_and(|stem| stem != "tests") {
        found.push(path.to_owned());
    }
}

/// A file's code without comments, and without the tests at its end.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let end = text.find("\n#[cfg(test)]").or_else(|| text.find("\n#[cfg(all(test")).unwrap_or(text.len());
    let without_comment = |line: &str| line.split("//").next().unwrap_or_default().to_owned() + "\n";
    text[..end].lines().map(without_comment).collect()
}

/// The first names after a path such as `crate::`, also within braces.
fn names_behind<'a>(code: &'a str, path: &str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(path) {
        // This is the end of another path, such as `super::` in `super::super::`.
        if code[..at].ends_with([':', '_']) || code[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        let behind = &code[at + path.len()..];
        match behind.strip_prefix('{') {
            None => names.extend(word(behind)),
            Some(list) => {
                let (mut depth, mut begins) = (0, true);
                for (at, character) in list.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        _ if begins && !character.is_whitespace() => {
                            begins = false;
                            names.extend(word(&list[at..]));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

fn word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

/// The modules that each module of a directory imports.
fn arrows(directory: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let (modules, source) = (modules(directory), directory.ancestors().find(|path| path.ends_with("src")).unwrap());
    let inside = directory.strip_prefix(source).unwrap();
    let from_root = inside.iter().fold("crate::".to_owned(), |path, part| format!("{path}{}::", part.display()));
    let imports = |(name, files): (&String, &Vec<PathBuf>)| {
        let mut found = BTreeSet::new();
        for file in files {
            let code = code(file);
            let within = file.strip_prefix(directory).unwrap();
            let depth = within.iter().count() - usize::from(within.ends_with("mod.rs"));
            for path in [from_root.clone(), "super::".repeat(depth)] {
                let names = names_behind(&code, &path).into_iter();
                found.extend(names.filter(|other| *other != name && modules.contains_key(*other)).map(str::to_owned));
            }
        }
        (name.clone(), found)
    };
    modules.iter().map(imports).collect()
}

#[test]
fn a_module_imports_what_stands_before_it_alone() {
    let mut wrong = Vec::new();
    for Room { directory, order } in ROOMS {
        let order: Vec<&str> = order.split_whitespace().collect();
        let place = |name: &str| order.iter().position(|known| *known == name);
        let arrows = arrows(&root().join(directory));
        wrong.extend(
            order.iter().filter(|name| !arrows.contains_key(**name)).map(|name| format!("{directory} has no {name}")),
        );
        for (module, imported) in &arrows {
            match place(module) {
                None => wrong.push(format!("{directory}/{module} has no place in the order")),
                Some(own) => wrong.extend(
                    imported
                        .iter()
                        .filter(|other| place(other).is_some_and(|other| other > own))
                        .map(|other| format!("{directory}: {module} imports {other}, which stands behind it")),
                ),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All directories of modules.
fn rooms(directory: &Path, found: &mut Vec<PathBuf>) {
    found.push(directory.to_owned());
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rooms(&path, found);
        }
    }
}

#[test]
fn nowhere_do_modules_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for room in ROOMS.iter().filter(|room| room.directory.ends_with("src")) {
        rooms(&root().join(room.directory), &mut found);
    }
    for room in found {
        let mut arrows = arrows(&room);
        // A module that imports no remaining module is in no cycle.
        while let Some(name) = arrows.iter().find(|(_, imported)| imported.is_empty()).map(|(name, _)| name.clone()) {
            arrows.remove(&name);
            for imported in arrows.values_mut() {
                imported.remove(&name);
            }
        }
        assert!(arrows.is_empty(), "{}: a circle, or what rests on one: {arrows:#?}", room.display());
    }
}

/// SQL in a single crate lets another store replace SQLite.
#[test]
fn sql_is_in_one_crate() {
    let mut sources = Vec::new();
    for room in [
        "core/src",
        "wire/src",
        "metrics/src",
        "journal/src",
        "history/src",
        "exchange/src",
        "client/src",
        "load/src",
        "memory/src",
        "server/src",
        "sim/src",
    ] {
        files(&root().join(room), &mut sources);
    }
    assert!(sources.len() > 200, "the sources are found");
    for path in &sources {
        assert!(!code(path).contains("rusqlite"), "{} knows SQLite", path.display());
    }
}

#[test]
fn a_crate_depends_on_those_before_it_alone() {
    let order = [
        "core",
        "wire",
        "metrics",
        "journal",
        "history",
        "memory",
        "sqlite",
        "exchange",
        "client",
        "load",
        "server",
        "sim",
        "bench",
        "fuzz/trials",
    ];
    for (place, name) in order.iter().enumerate() {
        let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        let paths = dependencies.values().filter_map(|dependency| dependency.get("path")?.as_str());
        for path in paths.map(|path| path.trim_start_matches("../").to_owned()) {
            assert!(order[..place].contains(&path.as_str()), "{name} depends on {path}");
        }
    }
    let members = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members: toml::Table = members.parse().unwrap();
    assert_eq!(members["workspace"]["members"].as_array().unwrap().len(), order.len(), "each crate has a place");
}

#[test]
fn arrows_are_found_in_all_forms_of_paths() {
    let code =
        "use crate::{a::{b, c}, d};\nuse crate::e::f; fn g() { crate::h::i() } use my_crate::j; use super::super::k;";
    assert_eq!(names_behind(code, "crate::").into_iter().collect::<Vec<_>>(), ["a", "d", "e", "h"]);
    assert_eq!(names_behind(code, "super::super::").into_iter().collect::<Vec<_>>(), ["k"]);
    assert_eq!(names_behind(code, "super::").into_iter().collect::<Vec<_>>(), ["super"]);
}
