//! The habits of this code base, held by a test: first lines, lengths of files, and the dependencies of core.

use std::path::{Path, PathBuf};

use crate::book;

const LINES_MAX: usize = 800;
/// Names that do not describe the contents of a file.
const NAMES_THAT_SAY_NOTHING: &[&str] = &["utils", "util", "common", "helpers", "helper", "types", "manager", "misc"];
/// Put together here, so that this file does not contain them.
const BANNED: &[&str] =
    &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("#[", "ignore")];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(directory: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries.map(|entry| entry.expect("a directory can be read").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "dist" | ".git" | "data") {
            sources(&entry, extensions, found);
        } else if entry.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one)) {
            found.push(entry);
        }
    }
}

fn each_source(check: impl FnMut(&Path, &str)) {
    each_file(&["rs", "mjs", "html"], check);
}

fn each_file(extensions: &[&str], mut check: impl FnMut(&Path, &str)) {
    let mut found = Vec::new();
    sources(&root(), extensions, &mut found);
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

/// Fields and variants are left out, because their names and types say enough, or a comment gives the reason.
#[test]
fn public_types_and_functions_say_what_they_are_for() {
    let starts = ["struct ", "enum ", "trait ", "type ", "fn ", "const fn ", "async fn ", "macro "];
    let mut undescribed = Vec::new();
    each_source(|path, text| {
        let is_within = |name: &str| path.components().any(|part| part.as_os_str() == name);
        // Scenes of the model checker are tests, and its locks are tokio's.
        let of_model = ["exchange/src/scenes", "modelled.rs"].iter().any(|part| path.to_string_lossy().contains(part));
        let is_library = is_within("src") && !of_model;
        if !is_library || path.extension().is_none_or(|e| e != "rs") {
            return;
        }
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(item) = line.strip_prefix("pub ") else { continue };
            // Items that a macro makes are described by the macro's caller.
            if item.contains('$') || !starts.iter().any(|start| item.starts_with(start)) {
                continue;
            }
            // Attributes stand between the comment and the item, some over several lines.
            let mut within = false;
            let above = lines[..number].iter().rev().find(|above| {
                let begins = above.starts_with("#[");
                within = !begins && (within || above.ends_with(")]"));
                !begins && !within
            });
            // clap would show a comment on its types as help.
            let is_of_clap =
                number > 0 && ["Subcommand)]", "clap::Args)]"].iter().any(|end| lines[number - 1].ends_with(end));
            if !is_of_clap && above.is_none_or(|above| !above.starts_with("///")) {
                undescribed.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    });
    assert!(undescribed.is_empty(), "{undescribed:#?}");
}

/// Number of sentences that begin with a relative pronoun and are no questions.
fn relative_sentences(paragraph: &str) -> usize {
    let pieces = paragraph.split_inclusive(['.', '?', '!']).enumerate();
    // A piece without a blank before it continues after a dot within a word, such as that of `127.0.0.1`.
    let sentences = pieces.filter(|(number, piece)| *number == 0 || piece.starts_with(' '));
    let is_relative = |sentence: &str| {
        let first = sentence.split_whitespace().next().unwrap_or_default();
        let first = first.trim_start_matches(|c: char| !c.is_alphabetic());
        matches!(first, "What" | "Who" | "Whoever" | "Whom" | "Whose") && !sentence.ends_with('?')
    };
    sentences.filter(|(_, sentence)| is_relative(sentence)).count()
}

/// Number of words that stand for people without a noun.
fn indefinite_people(paragraph: &str) -> usize {
    let words = paragraph.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    words.filter(|word| matches!(word.as_str(), "whoever" | "whom" | "somebody" | "nobody")).count()
}

/// Paragraphs and items of lists, without headings and tables.
fn paragraphs<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in lines.into_iter().map(str::trim) {
        let is_prose = !line.is_empty() && !line.starts_with(['#', '|']);
        let text = line.trim_start_matches(|c: char| matches!(c, '-' | '.' | ' ') || c.is_ascii_digit());
        if !is_prose || text.len() < line.len() {
            found.push(String::new());
        }
        if let Some(paragraph) = found.last_mut().filter(|_| is_prose) {
            *paragraph += text;
            paragraph.push(' ');
        }
    }
    found.iter().map(|paragraph| paragraph.trim_end().to_owned()).collect()
}

/// Comments on lines of their own, as their markers and their texts.
fn comments(source: &str) -> Vec<(&'static str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut open = None;
    for line in source.lines().map(str::trim) {
        let begun = ["///", "//!", "/**", "//"].into_iter().find(|marker| line.starts_with(marker));
        let marker = if open == Some("/**") { open } else { begun };
        if let Some(marker) = marker {
            if open != Some(marker) {
                found.push((marker, Vec::new()));
            }
            let text = line.strip_prefix(marker).unwrap_or(line).trim_end_matches("*/").trim_start_matches('*');
            found.last_mut().expect("a comment was begun").1.push(text);
        }
        open = marker.filter(|marker| *marker != "/**" || !line.ends_with("*/"));
    }
    found
}

/// Each number is exact, so that an improvement lowers it and new prose cannot use it up.
#[test]
fn habits_that_the_style_page_advises_against_become_fewer() {
    let pages = book::pages().into_iter().chain(book::BESIDE_THE_BOOK.iter().map(PathBuf::from));
    let in_documents: Vec<String> =
        pages.flat_map(|page| paragraphs(book::prose(&book::read(&page)).lines())).collect();
    let (mut in_comments, mut short) = (Vec::new(), 0);
    each_file(&["rs", "ts", "tsx", "mjs"], |_, text| {
        for (marker, lines) in comments(text) {
            let words: usize = lines.iter().map(|line| line.split_whitespace().count()).sum();
            short += usize::from(marker != "//" && words <= 3);
            in_comments.extend(paragraphs(lines));
        }
    });
    let sum = |texts: &[String], count: fn(&str) -> usize| texts.iter().map(|text| count(text)).sum::<usize>();
    let habits = [
        ("sentences that begin with What or Who, in documents", sum(&in_documents, relative_sentences), 0),
        ("sentences that begin with What or Who, in comments", sum(&in_comments, relative_sentences), 8),
        ("whoever, whom, somebody and nobody in documents", sum(&in_documents, indefinite_people), 65),
        ("whoever, whom, somebody and nobody in comments", sum(&in_comments, indefinite_people), 0),
        ("doc comments of three words or fewer", short, 36),
    ];
    let changed = habits.into_iter().filter(|(_, found, known)| found != known).map(|(habit, found, known)| {
        let advice = if found > known { "rewrite yours as docs/style.md says" } else { "lower the number here" };
        format!("{habit}: {found} instead of {known}; {advice}")
    });
    let changed: Vec<String> = changed.collect();
    assert!(changed.is_empty(), "{changed:#?}");
}

#[test]
fn a_habit_is_found() {
    let source =
        "/// Its id.\nstruct Id;\n// What is lost. Is it? Who knows?\n/** Nobody,\n * whom to tell. */\n2 * y\n";
    let counts = comments(source).into_iter().map(|(marker, lines)| {
        let [text] = &paragraphs(lines)[..] else { panic!("one paragraph") };
        (marker, relative_sentences(text), indefinite_people(text))
    });
    assert_eq!(counts.collect::<Vec<_>>(), [("///", 0, 0), ("//", 1, 0), ("/**", 0, 2)]);
    let document = "# What it is\n\n- What is no UTF-8\n  is refused.\n- At 127.0.0.1 who asks?\n";
    assert_eq!(paragraphs(document.lines()).iter().map(|text| relative_sentences(text)).sum::<usize>(), 1);
}

/// Types of one name in several places, with the reason why the name may stand there again.
const NAMES_OF_SEVERAL: &[(&str, &str)] = &[
    ("Error", "the error of its crate, as the standard library names them"),
    ("Kind", "read with its module, such as `picture::Kind`"),
    ("ListQuery", "the query of a list's handler, which its module alone sees"),
    ("Receiver", "stands in for tokio's of the same name while the model checker runs"),
    ("Sender", "likewise"),
    ("State", "what a lock guards, or the states of one machine; each is one module's"),
];

/// The types that a source defines outside its tests, aliases among them.
fn types_of(source: &str) -> Vec<&str> {
    let tests = ["\n#[cfg(test)]\nmod tests {", "\n#[cfg(all(test"].iter().filter_map(|tests| source.find(tests)).min();
    let lines = source[..tests.unwrap_or(source.len())].lines().filter_map(|line| {
        let item = line.trim_start();
        let is_within = item.len() < line.len();
        let item = item.strip_prefix("pub").unwrap_or(item);
        let item = ["(super)", "(crate)"].iter().find_map(|scope| item.strip_prefix(scope)).unwrap_or(item);
        let (keyword, rest) = item.trim_start().split_once(' ')?;
        // A type within an impl or a trait is an associated one.
        let defines = matches!(keyword, "struct" | "enum" | "trait" | "union") || keyword == "type" && !is_within;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        (defines && name.starts_with(char::is_uppercase)).then_some(name)
    });
    lines.collect()
}

#[test]
fn a_type_has_a_name_of_its_own() {
    let mut places: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    each_file(&["rs"], |path, text| {
        let path = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        let is_test = ["/tests/", "/benches/", "/examples/"].iter().any(|part| path.contains(part));
        if !is_test && !path.ends_with("/tests.rs") {
            for name in types_of(text) {
                places.entry(name.to_owned()).or_default().push(path.clone());
            }
        }
    });
    assert!(places.len() > 300, "the types are found");
    places.retain(|_, places| places.len() > 1);
    let unused: Vec<&str> =
        NAMES_OF_SEVERAL.iter().map(|(name, _)| *name).filter(|name| !places.contains_key(*name)).collect();
    assert!(unused.is_empty(), "these have one place and need no leave: {unused:?}");
    places.retain(|name, _| NAMES_OF_SEVERAL.iter().all(|(allowed, _)| allowed != name));
    assert!(places.is_empty(), "name each by what it is: {places:#?}");
}

#[test]
fn a_type_is_found() {
    let source = "struct A;\npub(super) enum B {}\n    pub struct C<T>(T);\nimpl D for A {\n    type E = u8;\n}\n\
                  pub type F = A;\n// struct G\nlet structs = 1;\npub trait H {}\n#[cfg(test)]\nmod tests {\nstruct I;\n}\n";
    assert_eq!(types_of(source), ["A", "B", "C", "F", "H"]);
}
