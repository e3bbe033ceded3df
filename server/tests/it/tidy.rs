//! The habits of this code base, held by a test: what every file begins with, how long it may be, what core may use.

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 800;
/// Names that say nothing of what is in the room.
const NAMES_THAT_SAY_NOTHING: &[&str] = &["utils", "util", "common", "helpers", "helper", "types", "manager", "misc"];
/// Put together here, so that this file does not hold them itself.
const BANNED: &[&str] =
    &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("#[", "ignore")];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries.map(|entry| entry.expect("a directory can be read").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "dist" | ".git" | "data") {
            sources(&entry, found);
        } else if matches!(entry.extension().and_then(|e| e.to_str()), Some("rs" | "mjs" | "html")) {
            found.push(entry);
        }
    }
}

fn each_source(mut check: impl FnMut(&Path, &str)) {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    assert!(found.len() > 50, "the sources are found");
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        check(&path, &text);
    }
}

#[test]
fn every_file_opens_with_what_it_is() {
    each_source(|path, text| {
        let first = text.lines().next().unwrap_or_default();
        let says = match path.extension().and_then(|e| e.to_str()) {
            Some("rs") => first.starts_with("//! "),
            Some("mjs") => first.starts_with("// "),
            _ => text.contains("<!--"),
        };
        assert!(says, "{} must open with a sentence that says what it is", path.display());
    });
}

#[test]
fn no_file_swallows_the_project() {
    each_source(|path, text| {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines: split it by idea", path.display());
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(!NAMES_THAT_SAY_NOTHING.contains(&name.as_str()), "{}: name it by its purpose", path.display());
    });
}

#[test]
fn nothing_is_left_for_later() {
    each_source(|path, text| {
        for word in BANNED {
            assert!(!text.contains(word), "{} holds `{word}`", path.display());
        }
    });
}

#[test]
fn core_stands_on_serde_thiserror_and_unicode_normalization_alone() {
    let manifest = std::fs::read_to_string(root().join("core/Cargo.toml")).expect("core has a manifest");
    let manifest: toml::Table = manifest.parse().expect("it is TOML");
    let dependencies = manifest["dependencies"].as_table().expect("it has dependencies");
    let names: Vec<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(names, ["serde", "thiserror", "unicode-normalization"]);
}

#[test]
fn core_has_no_wildcard_arm() {
    each_source(|path, text| {
        if path.components().any(|part| part.as_os_str() == "core") && path.components().any(|p| p.as_os_str() == "src")
        {
            let arm = text.lines().position(|line| line.trim_start().starts_with("_ =>"));
            assert_eq!(arm, None, "{}: name every variant", path.display());
        }
    });
}

/// Fields and variants are left out: their names and types say enough, or a comment says why.
#[test]
fn public_types_and_functions_say_what_they_are_for() {
    let starts = ["struct ", "enum ", "trait ", "type ", "fn ", "const fn ", "async fn ", "macro "];
    let mut undescribed = Vec::new();
    each_source(|path, text| {
        let is_within = |name: &str| path.components().any(|part| part.as_os_str() == name);
        // Scenes of the model checker are tests, and its locks are tokio's.
        let of_model = ["server/src/model", "modelled.rs"].iter().any(|part| path.to_string_lossy().contains(part));
        let is_library = is_within("src") && !of_model;
        if !is_library || path.extension().is_none_or(|e| e != "rs") {
            return;
        }
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(item) = line.strip_prefix("pub ") else { continue };
            // What a macro makes is described by whoever calls it.
            if item.contains('$') || !starts.iter().any(|start| item.starts_with(start)) {
                continue;
            }
            // Attributes stand between, some of several lines.
            let mut within = false;
            let above = lines[..number].iter().rev().find(|above| {
                let begins = above.starts_with("#[");
                within = !begins && (within || above.ends_with(")]"));
                !begins && !within
            });
            // Of what clap reads, a comment would be shown as help.
            let is_of_clap =
                number > 0 && ["Subcommand)]", "clap::Args)]"].iter().any(|end| lines[number - 1].ends_with(end));
            if !is_of_clap && above.is_none_or(|above| !above.starts_with("///")) {
                undescribed.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    });
    assert!(undescribed.is_empty(), "{undescribed:#?}");
}
