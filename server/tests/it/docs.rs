//! Documents that cannot drift: their tables are compared with the program's own descriptions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use switchboard::config::{Settings, table};
use switchboard_metrics::Metrics;
use switchboard_wire::Kind;
use switchboard_wire::view::vocabulary;

use crate::book::pages;

pub fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the table between the two marks, without its head.
pub fn rows(document: &str, mark: &str) -> Vec<Vec<String>> {
    let between = document.split_once(&format!("<!-- {mark} -->")).and_then(|(_, rest)| rest.split_once("<!-- /"));
    let (table, _) = between.unwrap_or_else(|| panic!("the document has a table marked `{mark}`"));
    let lines = table.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

#[test]
fn the_protocol_has_every_word_of_the_rules() {
    let said = rows(&document("docs/protocol.md"), "vocabulary");
    let known: Vec<Vec<String>> = vocabulary()
        .into_iter()
        .map(|(what, words)| {
            let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
            vec![what.to_owned(), words.join(", ")]
        })
        .collect();
    assert_eq!(said, known);
}

/// The contents of a row in the table of routes: methods, path, and fields of the query.
fn routes_of(cell: &str) -> Vec<(String, BTreeSet<String>)> {
    let words: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    let (last, others) = words.split_last().unwrap_or_else(|| panic!("{cell} names a route"));
    let (method, address) = last.split_once(' ').unwrap_or_else(|| panic!("{cell} has a method and a path"));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = path.replace('…', "/v1/companies/{company}");
    let fields = query.split('&').filter(|field| !field.is_empty()).map(|field| field.trim_end_matches('=').to_owned());
    let fields: BTreeSet<String> = fields.collect();
    others.iter().chain([&method]).map(|method| (format!("{method} {path}"), fields.clone())).collect()
}

#[test]
fn the_protocol_has_every_operation_of_the_document_with_what_it_may_be_asked_for_by() {
    /// Fields that the document explains once, for all lists and statistics.
    const SAID_ONCE: &[&str] = &["limit", "after", "format"];
    let described = switchboard::api::document::document();
    let mut known = BTreeMap::new();
    for (path, item) in described["paths"].as_object().expect("the document has paths") {
        for (method, operation) in item.as_object().expect("a path has operations") {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
            let fields = names.filter(|name| !SAID_ONCE.contains(name)).map(str::to_owned).collect::<BTreeSet<_>>();
            known.insert(format!("{} {path}", method.to_uppercase()), fields);
        }
    }
    let rows = rows(&document("docs/protocol.md"), "routes");
    let mut said: BTreeMap<_, _> = rows.iter().flat_map(|row| routes_of(&row[0])).collect();
    said.values_mut().for_each(|fields| fields.retain(|field| !SAID_ONCE.contains(&field.as_str())));
    assert_eq!(said, known);
}

#[test]
fn the_protocol_has_every_setting_of_a_company() {
    let said = rows(&document("docs/protocol.md"), "company settings");
    let known: Vec<Vec<String>> = switchboard_core::CompanySettings::table()
        .into_iter()
        .map(|(name, default, what)| vec![format!("`{name}`"), default, what.to_owned()])
        .collect();
    assert_eq!(said, known);
}

#[test]
fn the_table_of_settings_is_what_the_program_prints() {
    let page = document("docs/settings.md");
    let said = page.split_once("<!-- settings -->\n").and_then(|(_, rest)| rest.split_once("<!-- /settings -->"));
    let said = said.map(|(table, _)| table);
    let expected = Settings::print_markdown();
    assert_eq!(said, Some(expected.as_str()), "`switchboard config print --markdown` prints it");
}

#[test]
fn the_settings_that_the_readme_names_are_as_the_table_has_them() {
    let table = rows(&document("docs/settings.md"), "settings");
    let said = rows(&document("README.md"), "settings");
    assert!(!said.is_empty(), "the README names some settings");
    for row in said {
        let known = table.iter().find(|known| known[0] == row[0]);
        let known = known.unwrap_or_else(|| panic!("{} is no setting", row[0]));
        assert_eq!((&row[1], &row[2]), (&known[1], &known[2]), "{}", row[0]);
    }
}

#[test]
fn the_list_of_metrics_is_complete() {
    let said = rows(&document("docs/metrics.md"), "metrics");
    let known: Vec<Vec<String>> = Metrics::table()
        .into_iter()
        .map(|metric| {
            let values: Vec<String> = metric.values.iter().map(|value| format!("`{value}`")).collect();
            let labels =
                if values.is_empty() { metric.labels } else { format!("{}: {}", metric.labels, values.join(", ")) };
            vec![format!("`{}`", metric.name), metric.kind, labels, metric.help]
        })
        .collect();
    let lines: Vec<String> = known.iter().map(|row| format!("| {} |", row.join(" | "))).collect();
    assert_eq!(said, known, "the rows are\n{}", lines.join("\n"));
}

#[test]
fn the_page_of_webhooks_has_every_type_of_event_with_its_fields() {
    let said = rows(&document("docs/webhooks.md"), "events");
    let said: Vec<[String; 2]> = said.into_iter().map(|row| [row[0].clone(), row[2].clone()]).collect();
    let quoted = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let fields = |kind: Kind| match kind.fields_where_they_apply() {
        [] => quoted(kind.fields()),
        more => format!("{}; where they apply {}", quoted(kind.fields()), quoted(more)),
    };
    let known: Vec<[String; 2]> = Kind::ALL.into_iter().map(|kind| [quoted(&[kind.word()]), fields(kind)]).collect();
    assert_eq!(said, known);
}

#[test]
fn the_packaged_settings_file_has_settings_with_their_defaults() {
    /// Settings whose packaged value differs from the default.
    const OF_ITS_OWN: &[&str] = &["data"];
    let file = document("packaging/switchboard.toml");
    let said: Vec<(&str, &str)> = file
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect();
    assert!(said.len() > 10, "the settings are found");
    for (name, value) in said {
        let setting = table().into_iter().find(|setting| setting.name == name);
        let setting = setting.unwrap_or_else(|| panic!("`{name}` is no setting"));
        if !OF_ITS_OWN.contains(&name) {
            assert_eq!(value.trim_matches('"'), setting.default.unwrap_or(""), "{name}");
        }
    }
    file.parse::<toml::Table>().expect("it is TOML");
}

#[test]
fn what_operators_are_told_to_look_for_is_what_the_program_says() {
    let mut program = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut left: Vec<_> =
        ["journal", "history", "sqlite", "exchange", "server"].map(|name| root.join(name).join("src")).into();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("the sources can be listed");
            left.extend(entries.map(|entry| entry.expect("a directory can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            program += &std::fs::read_to_string(&path).expect("a source can be read");
        }
    }
    let page = document("docs/operating.md");
    let told = rows(&page, "last lines").into_iter().chain(rows(&page, "warnings"));
    for row in told {
        let message = row[0].split('`').nth(1).unwrap_or_else(|| panic!("{row:?} quotes a message"));
        for part in message.split(" … ") {
            assert!(program.contains(part), "the program says `{part}`");
        }
    }
}

#[test]
fn every_make_command_that_a_document_names_does_something() {
    let makefile = document("Makefile");
    let rules: BTreeSet<&str> = makefile.lines().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let phony = makefile.split_once(".PHONY:").and_then(|(_, rest)| rest.split_once("\n\n")).expect("a list").0;
    for target in phony.split_whitespace().filter(|word| *word != "\\") {
        assert!(rules.contains(target), "`make {target}` has a rule: without one make says nothing and succeeds");
    }
    let pages = pages().into_iter().map(|page| page.display().to_string());
    let named = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(str::to_owned).into_iter().chain(pages);
    for name in named {
        for told in document(&name).split("`make ").skip(1) {
            let target: String = told.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            assert!(phony.split_whitespace().any(|word| word == target), "{name}: `make {target}` is a command");
        }
    }
}

#[test]
fn the_number_of_faults_is_told_as_it_is() {
    let list: toml::Table = document("sim/faults.toml").parse().expect("it is TOML");
    let told = format!("the {} faults", list["fault"].as_array().expect("a list").len());
    for name in ["README.md", "docs/evidence/proof.md"] {
        assert!(document(name).contains(&told), "{name} says {told}");
    }
}

#[test]
fn every_recipe_of_the_page_on_routing_is_a_routing() {
    let page = document("docs/routing.md");
    let recipes = page.split_once("## Recipes").expect("the page has recipes").1;
    let documents: Vec<&str> =
        recipes.split('`').filter(|text| text.starts_with("{\"") && text.ends_with('}')).collect();
    assert!(documents.len() >= 5, "{documents:?}");
    for document in documents {
        let routing: switchboard_core::Routing = serde_json::from_str(document).expect(document);
        assert_eq!(routing.check(), Ok(()), "{document}");
    }
}
