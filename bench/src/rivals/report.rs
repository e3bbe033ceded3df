//! Results of the rival designs, as tables, JSON and a picture.

use anyhow::Result;
use serde_json::{Value, json};
use switchboard_load::plot::{self, Bars};

use super::designs::{LIMIT, OURS};
use super::{Cell, Entrant};
use crate::checker::Population;
use crate::results::{ResultTable, Results, short, time};

/// Results of every design in every case.
#[derive(Default)]
pub struct RivalsReport {
    cases: Vec<(Population, Vec<Entrant>)>,
}

impl RivalsReport {
    pub(super) fn add(&mut self, case: Population, entrants: Vec<Entrant>) {
        self.cases.push((case, entrants));
    }

    /// Number of violations in all designs.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.entrants().map(|entrant| entrant.violation_count).sum()
    }

    /// The names of the designs that were measured, in every case once.
    pub fn measured(&self) -> impl Iterator<Item = &'static str> {
        self.entrants().filter(|entrant| entrant.cells.is_ok()).map(|entrant| entrant.design.name)
    }

    /// The designs that were not measured, with the reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.entrants().filter_map(|entrant| Some((entrant.design.name, entrant.cells.as_ref().err()?.as_str())))
    }

    fn entrants(&self) -> impl Iterator<Item = &Entrant> {
        self.cases.iter().flat_map(|(_, entrants)| entrants)
    }

    pub(super) fn print(&self) {
        for (case, entrants) in &self.cases {
            print_case(*case, entrants);
        }
        for (name, why) in self.skipped() {
            println!("NOT MEASURED: {name}: {why}");
        }
    }

    pub(super) fn json(&self) -> Value {
        let cases = self.cases.iter().map(|(case, entrants)| {
            json!({
                "companies": case.companies,
                "employees_of_each": case.employees,
                "designs": entrants.iter().map(|entrant| design_json(entrant, entrants)).collect::<Vec<_>>(),
            })
        });
        Value::Array(cases.collect())
    }

    /// Draws the cycles per second of each design with the most callers.
    pub(super) fn draw(&self, results: &Results) -> Result<()> {
        let names = self.cases.first().map(|(_, entrants)| entrants.iter().map(|e| e.design.name).collect());
        let most = |entrant: &Entrant| entrant.cells.as_ref().ok().and_then(|cells| cells.last().cloned());
        let callers = self.entrants().find_map(most).map_or(0, |cell| cell.callers);
        let series = self.cases.iter().map(|(case, entrants)| {
            let heights = entrants.iter().map(|entrant| most(entrant).map(|cell| cell.cycles_per_s.median()));
            (format!("{case} employees"), heights.collect())
        });
        let title = format!("Cycles per second with {callers} callers: claim, accept, release");
        let all = Bars { title, names: names.unwrap_or_default(), series: series.collect() };
        results.draw("rivals.svg", &plot::bars(&all)?)
    }
}

fn print_case(case: Population, entrants: &[Entrant]) {
    let callers: Vec<usize> = entrants
        .iter()
        .find_map(|entrant| Some(entrant.cells.as_ref().ok()?.iter().map(|cell| cell.callers).collect()))
        .unwrap_or_default();
    let most = callers.last().copied().unwrap_or(0);
    println!();
    println!("{case} employees (companies x each): cycles/s by callers, medians; the rest with {most} callers");
    let counts = callers.iter().map(ToString::to_string);
    let rest = ["min", "max", "p50", "p99", "of limit", "times ours", "violations", "durable"].map(str::to_owned);
    let mut table = ResultTable::new(std::iter::once("design".to_owned()).chain(counts).chain(rest));
    for entrant in entrants {
        let Ok(cells) = &entrant.cells else { continue };
        let medians = cells.iter().map(|cell| short(cell.cycles_per_s.median()));
        let Some(last) = cells.last() else { continue };
        let over = |name| of(last, name, entrants).map_or("-".to_owned(), |ratio| format!("{ratio:.4}"));
        let rest = [
            short(last.cycles_per_s.min()),
            short(last.cycles_per_s.max()),
            time(last.p50_ns.median()),
            time(last.p99_ns.median()),
            over(LIMIT),
            over(OURS),
            entrant.violation_count.to_string(),
            if entrant.design.durable { "yes" } else { "no" }.to_owned(),
        ];
        table.row(std::iter::once(entrant.design.name.to_owned()).chain(medians).chain(rest));
    }
    table.print();
}

/// The same cell of the design with that name.
fn same<'a>(cell: &Cell, name: &str, entrants: &'a [Entrant]) -> Option<&'a Cell> {
    let other = entrants.iter().find(|entrant| entrant.design.name == name)?;
    other.cells.as_ref().ok()?.iter().find(|other| other.callers == cell.callers)
}

/// The median over the rounds of the ratio to another design in the same round.
fn of(cell: &Cell, name: &str, entrants: &[Entrant]) -> Option<f64> {
    Some(cell.cycles_per_s.over(&same(cell, name, entrants)?.cycles_per_s).median())
}

fn design_json(entrant: &Entrant, entrants: &[Entrant]) -> Value {
    let design = entrant.design;
    let cells = entrant.cells.as_ref().map(|cells| {
        let cell = |cell: &Cell| {
            json!({
                "callers": cell.callers,
                "cycles_per_s": cell.cycles_per_s.json(),
                "p50_ns": cell.p50_ns.json(),
                "p99_ns": cell.p99_ns.json(),
                "of_the_limit": same(cell, LIMIT, entrants).map(|it| cell.cycles_per_s.over(&it.cycles_per_s).json()),
                "times_ours": same(cell, OURS, entrants).map(|it| cell.cycles_per_s.over(&it.cycles_per_s).json()),
            })
        };
        cells.iter().map(cell).collect::<Vec<_>>()
    });
    json!({
        "name": design.name,
        "built": design.built,
        "durable": design.durable,
        "lost_at_a_crash": design.lost_at_a_crash,
        "violations": entrant.violations,
        "violation_count": entrant.violation_count,
        "cells": cells.as_ref().ok(),
        "not_measured": cells.as_ref().err(),
    })
}
