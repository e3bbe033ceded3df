//! Line charts as SVG, one above the other in one file.

use anyhow::anyhow;
use plotters::prelude::*;

const WIDTH: u32 = 900;
const HEIGHT_EACH: u32 = 420;
/// Colours that people with colour blindness tell apart: Okabe and Ito, "Color Universal Design", 2008.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];
/// The least that is drawn on an axis that counts in powers of ten.
const LEAST_OF_LOG: f64 = 0.001;

/// A chart.
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
}

/// One line.
pub struct Series {
    /// What it is.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// What an axis counts, and how.
#[derive(Clone, Copy)]
pub struct Axis {
    name: &'static str,
    log: bool,
}

impl Axis {
    /// Every step as large as the last.
    #[must_use]
    pub const fn linear(name: &'static str) -> Self {
        Self { name, log: false }
    }

    /// Every step a power of ten.
    #[must_use]
    pub const fn log(name: &'static str) -> Self {
        Self { name, log: true }
    }

    /// Where a value stands: on an axis of powers, at its logarithm.
    fn place(self, value: f64) -> f64 {
        if self.log { value.max(LEAST_OF_LOG).log10() } else { value }
    }

    fn label(self, place: f64) -> String {
        let value = if self.log { 10f64.powf(place) } else { place };
        if self.log && (place - place.round()).abs() > 0.01 {
            return String::new();
        }
        if value >= 1.0 { format!("{value:.0}") } else { format!("{value}") }
    }
}

/// Draws the charts as SVG.
///
/// # Errors
/// When they cannot be drawn.
pub fn draw(charts: &[Chart]) -> anyhow::Result<String> {
    let height = HEIGHT_EACH * u32::try_from(charts.len()).unwrap_or(1);
    let mut drawn = String::new();
    let area = SVGBackend::with_string(&mut drawn, (WIDTH, height)).into_drawing_area();
    let wrong = |error: &dyn std::fmt::Display| anyhow!("cannot draw: {error}");
    area.fill(&WHITE).map_err(|error| wrong(&error))?;
    for (part, chart) in area.split_evenly((charts.len(), 1)).iter().zip(charts) {
        draw_one(part, chart).map_err(|error| wrong(&error))?;
    }
    area.present().map_err(|error| wrong(&error))?;
    drop(area);
    Ok(drawn)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_one<'a>(
    area: &Area<'a>,
    chart: &Chart,
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let placed: Vec<Vec<(f64, f64)>> = chart
        .series
        .iter()
        .map(|series| series.points.iter().map(|(x, y)| (chart.x.place(*x), chart.y.place(*y))).collect())
        .collect();
    let all = || placed.iter().flatten().copied();
    let (x, y) = (span(chart.x, all().map(|point| point.0)), span(chart.y, all().map(|point| point.1)));
    let mut drawn = ChartBuilder::on(area)
        .caption(&chart.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(x, y)?;
    drawn
        .configure_mesh()
        .x_desc(chart.x.name)
        .y_desc(chart.y.name)
        .x_label_formatter(&|at| chart.x.label(*at))
        .y_label_formatter(&|at| chart.y.label(*at))
        .light_line_style(WHITE)
        .draw()?;
    for ((series, points), colour) in chart.series.iter().zip(placed).zip(COLOURS.iter().cycle()) {
        let line = drawn.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
        line.label(&series.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    if chart.series.len() > 1 {
        drawn
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    Ok(())
}

/// From the least to the most, with a little room; whole powers of ten on an axis of powers, and from 0 on any other.
fn span(axis: Axis, values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
    if least > most {
        return 0.0..1.0;
    }
    if axis.log { least.floor()..most.ceil().max(least.floor() + 1.0) } else { 0.0..(most * 1.1).max(1.0) }
}
