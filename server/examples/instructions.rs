//! Holds what the benches counted against the table in docs/evidence/instructions.md, or renews it with `--keep`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

/// How far a count may be from the table's, and how many instructions further. The page says what was measured.
const MARGIN_PERCENT: u64 = 3;
const MARGIN: u64 = 20;
/// How far it may grow when other tools than the table's made it: enough for another compiler's taste, and far less
/// than a scan of the employees would take.
const OTHER_TOOLS_MARGIN_PERCENT: u64 = 30;
const OPENING: &str = "<!-- instructions -->\n";
const CLOSING: &str = "<!-- /instructions -->";
const RENEW: &str =
    "When that is meant, `make instructions-keep` renews docs/evidence/instructions.md; commit it with the change.";

fn main() -> ExitCode {
    match run() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("instructions: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<String> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep = arguments.first().is_some_and(|first| first == "--keep");
    let file = PathBuf::from(arguments.pop().context("name the file of counts")?);
    let counted = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let counted = Table { tools: tools()?, counts: counts(&counted)? };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evidence/instructions.md");
    let text = std::fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    if keep {
        std::fs::write(&page, counted.put_into(&text)?).with_context(|| page.display().to_string())?;
        return Ok(format!("docs/evidence/instructions.md has {} counts of {}", counted.counts.len(), counted.tools));
    }
    compare(&Table::read(&text)?, &counted)
}

/// What the counts depend on besides the code.
fn tools() -> anyhow::Result<String> {
    let rustc = answer("rustc", &["-vV"])?;
    let field = |name: &str| rustc.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim().to_owned();
    let (release, host) = (field("release:"), field("host:"));
    let (libc, valgrind) = (answer("getconf", &["GNU_LIBC_VERSION"])?, answer("valgrind", &["--version"])?);
    // Valgrind's processor has AVX2 when the real one has it, and then the C library copies and compares by it.
    let processor = std::fs::read_to_string("/proc/cpuinfo")?;
    let avx2 = if processor.split_whitespace().any(|flag| flag == "avx2") { "with AVX2" } else { "without AVX2" };
    Ok(format!("rustc {release} for {host} {avx2}, {libc}, {valgrind}"))
}

fn answer(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).output().with_context(|| program.to_owned())?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Gungraun writes one JSON object a line for each bench.
fn counts(lines: &str) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for line in lines.lines().filter(|line| line.starts_with('{')) {
        let bench: serde_json::Value = serde_json::from_str(line)?;
        let word = |name: &str| bench[name].as_str().with_context(|| format!("a bench without `{name}`"));
        let name = format!("{} {}", word("function_name")?, word("id")?);
        let count = bench.pointer("/profiles/0/data/total/metrics/Ir/values/new").and_then(serde_json::Value::as_u64);
        let count = count.filter(|count| *count > 0).with_context(|| format!("{name}: nothing was counted"))?;
        if counts.insert(name.clone(), count).is_some() {
            bail!("two benches are called `{name}`");
        }
    }
    if counts.is_empty() {
        bail!("no bench was counted");
    }
    Ok(counts)
}

/// What is kept: the tools, and the instructions of each bench.
#[derive(Debug, PartialEq)]
struct Table {
    tools: String,
    counts: BTreeMap<String, u64>,
}

impl Table {
    fn read(page: &str) -> anyhow::Result<Self> {
        let (_, table, _) = parts(page)?;
        let tools =
            table.lines().find_map(|line| line.strip_prefix("Counted with ")).context("the page has no tools")?;
        let mut counts = BTreeMap::new();
        for line in table.lines().filter(|line| line.starts_with('|')).skip(2) {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            let (name, count) = cells.next().zip(cells.next()).with_context(|| line.to_owned())?;
            counts.insert(name.to_owned(), count.parse().with_context(|| line.to_owned())?);
        }
        Ok(Self { tools: tools.trim_end_matches('.').to_owned(), counts })
    }

    fn put_into(&self, page: &str) -> anyhow::Result<String> {
        let (before, _, after) = parts(page)?;
        let mut table = format!("Counted with {}.\n\n| bench | instructions |\n|---|---:|\n", self.tools);
        for (name, count) in &self.counts {
            writeln!(table, "| {name} | {count} |")?;
        }
        Ok(format!("{before}{OPENING}{table}{CLOSING}{after}"))
    }
}

fn parts(page: &str) -> anyhow::Result<(&str, &str, &str)> {
    let (before, rest) = page.split_once(OPENING).context("the page has no mark before the table")?;
    let (table, after) = rest.split_once(CLOSING).context("the page has no mark behind the table")?;
    Ok((before, table, after))
}

fn compare(kept: &Table, counted: &Table) -> anyhow::Result<String> {
    let same_tools = kept.tools == counted.tools;
    let margin = if same_tools { MARGIN_PERCENT } else { OTHER_TOOLS_MARGIN_PERCENT };
    let (mut problems, mut fewer) = (Vec::new(), String::new());
    for (name, &new) in &counted.counts {
        let Some(&old) = kept.counts.get(name) else {
            problems.push(format!("{name}: {new} instructions, and no row in the table"));
            continue;
        };
        let slack = old * margin / 100 + MARGIN;
        if new > old + slack {
            problems.push(format!("{name}: {old} -> {new} instructions, MORE by {}", change(old, new)));
        } else if same_tools && new + slack < old {
            fewer += &format!("{name}: {old} -> {new} instructions, fewer by {}: renew its row\n", change(old, new));
        }
    }
    let gone = kept.counts.keys().filter(|name| !counted.counts.contains_key(*name));
    problems.extend(gone.map(|name| format!("{name}: a row in the table, and no such bench")));
    let warning = if same_tools {
        String::new()
    } else {
        format!(
            "OTHER TOOLS than the table's, so a count may grow by {margin} % and shrink as it likes:\n  the table: {}\n  \
             here:      {}\n",
            kept.tools, counted.tools
        )
    };
    if problems.is_empty() {
        return Ok(format!(
            "{warning}{fewer}{} counts are at most {margin} % and {MARGIN} above docs/evidence/instructions.md",
            counted.counts.len()
        ));
    }
    bail!(
        "{} of {} are not as kept\n{warning}{fewer}{}\n{RENEW}",
        problems.len(),
        counted.counts.len(),
        problems.join("\n")
    )
}

#[expect(clippy::cast_precision_loss, reason = "for a person to read")]
fn change(old: u64, new: u64) -> String {
    format!("{:.1} %", new.abs_diff(old) as f64 / old as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(tools: &str, counts: &[(&str, u64)]) -> Table {
        Table { tools: tools.into(), counts: counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect() }
    }

    fn against_a_thousand(tools: &str, count: u64) -> Result<String, String> {
        let kept = table("these", &[("take book", 1_000)]);
        compare(&kept, &table(tools, &[("take book", count)])).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_count_within_the_margin_is_as_kept_and_one_above_it_is_not() {
        for count in [950, 1_000, 1_050] {
            let said = against_a_thousand("these", count).unwrap();
            assert_eq!(said, "1 counts are at most 3 % and 20 above docs/evidence/instructions.md");
        }
        let problem = against_a_thousand("these", 1_051).unwrap_err();
        let said = "take book: 1000 -> 1051 instructions, MORE by 5.1 %";
        assert!(problem.contains(said) && problem.contains("make instructions-keep"), "{problem}");
        let said = against_a_thousand("these", 949).unwrap();
        assert!(said.starts_with("take book: 1000 -> 949 instructions, fewer by 5.1 %: renew its row\n"), "{said}");
    }

    #[test]
    fn other_tools_are_said_and_only_what_grows_a_lot_fails() {
        for count in [100, 1_320] {
            let said = against_a_thousand("others", count).unwrap();
            assert!(said.contains("the table: these") && said.contains("here:      others"), "{said}");
        }
        let problem = against_a_thousand("others", 1_321).unwrap_err();
        assert!(problem.contains("OTHER TOOLS") && problem.contains("MORE by 32.1 %"), "{problem}");
    }

    #[test]
    fn a_bench_without_a_row_and_a_row_without_a_bench_are_not_as_kept() {
        let problem = compare(&table("these", &[("a", 1)]), &table("these", &[("b", 2)])).unwrap_err().to_string();
        assert!(problem.contains("a: a row") && problem.contains("b: 2 instructions, and no row"), "{problem}");
    }

    #[test]
    fn a_table_reads_back_as_it_was_kept_and_the_rest_of_the_page_stays() {
        let page = format!("before\n{OPENING}old{CLOSING}\nafter");
        let kept = table("rustc 1.95.0, glibc 2.36, valgrind-3.19.0", &[("a", 1), ("b", 22)]);
        let page = kept.put_into(&page).unwrap();
        assert!(page.starts_with("before\n") && page.ends_with("\nafter"), "{page}");
        assert_eq!(Table::read(&page).unwrap(), kept);
        assert!(Table::read("nothing").is_err());
    }

    #[test]
    fn a_run_without_counts_is_a_mistake() {
        let bench = |count: u64| {
            let total = serde_json::json!({ "metrics": { "Ir": { "values": { "new": count } } } });
            serde_json::json!({ "function_name": "take", "id": "book", "profiles": [{ "data": { "total": total } }] })
        };
        assert_eq!(counts(&format!("noise\n{}", bench(7))).unwrap(), table("", &[("take book", 7)]).counts);
        for lines in [String::new(), bench(0).to_string(), "{}".into(), format!("{}\n{}", bench(7), bench(7))] {
            assert!(counts(&lines).is_err(), "{lines}");
        }
    }
}
