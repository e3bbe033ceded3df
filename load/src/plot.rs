//! Charts as SVG: line charts, one above another in one file, and bars in groups.

use plotters::prelude::*;

const WIDTH: u32 = 900;
const HEIGHT_EACH: u32 = 420;
/// Colours that people with colour blindness can tell apart (Okabe and Ito, "Color Universal Design", 2008).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];
/// The least value on a logarithmic axis, because 0 has no logarithm.
const LEAST_OF_LOG: f64 = 0.001;
/// The most points that are marked on a line; more marks would hide the line.
const MARKED_MAX: usize = 20;
/// The width for names beside bars, and the height of one bar, in pixels.
const NAMES_WIDTH: i32 = 340;
const BAR_HEIGHT: u32 = 15;

/// A chart with one or more lines.
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

/// One line of a chart.
pub struct Series {
    pub name: String,
    /// Points in the order of `x`.
    pub points: Vec<(f64, f64)>,
}

/// Horizontal bars in groups, on a logarithmic axis.
pub struct Bars {
    pub title: String,
    /// The names of the groups.
    pub names: Vec<&'static str>,
    /// The name of each series, with one length for each group.
    pub series: Vec<(String, Vec<Option<f64>>)>,
}

/// An axis, linear or logarithmic.
#[derive(Clone, Copy)]
pub struct Axis {
    name: &'static str,
    log: bool,
}

impl Axis {
    /// An axis with equal steps.
    #[must_use]
    pub const fn linear(name: &'static str) -> Self {
        Self { name, log: false }
    }

    /// An axis whose steps are powers of ten.
    #[must_use]
    pub const fn log(name: &'static str) -> Self {
        Self { name, log: true }
    }

    /// The position of a value: its logarithm on a logarithmic axis.
    fn place(self, value: f64) -> f64 {
        if self.log { value.max(LEAST_OF_LOG).log10() } else { value }
    }

    fn label(self, place: f64) -> String {
        if !self.log {
            return if place >= 1.0 { format!("{place:.0}") } else { format!("{place}") };
        }
        // Only whole powers of ten have a label.
        if (place - place.round()).abs() > 0.01 {
            return String::new();
        }
        match 10f64.powf(place.round()) {
            power if power >= 1e6 => format!("{:.0}M", power / 1e6),
            power if power >= 1e3 => format!("{:.0}k", power / 1e3),
            power => format!("{power}"),
        }
    }

    /// The range of an axis: whole powers of ten on a logarithmic one, otherwise from 0 to a little above the largest.
    fn span(self, places: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
        let (least, most) = places.fold((f64::MAX, f64::MIN), |(least, most), at| (least.min(at), most.max(at)));
        if least > most {
            return 0.0..1.0;
        }
        if self.log { least.floor()..most.ceil().max(least.floor() + 1.0) } else { 0.0..(most * 1.1).max(1.0) }
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws line charts as SVG.
pub fn lines(charts: &[Chart]) -> anyhow::Result<String> {
    svg(HEIGHT_EACH * u32::try_from(charts.len())?, |area| {
        area.split_evenly((charts.len(), 1)).iter().zip(charts).try_for_each(|(part, chart)| draw_lines(part, chart))
    })
}

/// Draws bars as SVG.
pub fn bars(bars: &Bars) -> anyhow::Result<String> {
    let rows = bars.names.len() * (bars.series.len().max(1) + 1);
    svg(120 + u32::try_from(rows)? * BAR_HEIGHT, |area| draw_bars(area, bars))
}

fn svg(height: u32, draw: impl FnOnce(&Area<'_>) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let mut drawn = String::new();
    let area = SVGBackend::with_string(&mut drawn, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    draw(&area)?;
    area.present()?;
    // The area borrows the text.
    drop(area);
    Ok(drawn)
}

fn draw_lines(area: &Area<'_>, chart: &Chart) -> anyhow::Result<()> {
    let place = |(x, y): &(f64, f64)| (chart.x.place(*x), chart.y.place(*y));
    let placed: Vec<Vec<_>> = chart.series.iter().map(|series| series.points.iter().map(place).collect()).collect();
    let all = || placed.iter().flatten().copied();
    let (x, y) = (chart.x.span(all().map(|point| point.0)), chart.y.span(all().map(|point| point.1)));
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
    for ((series, points), colour) in chart.series.iter().zip(&placed).zip(COLOURS.iter().cycle()) {
        let line = drawn.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
        line.label(&series.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        if points.len() <= MARKED_MAX {
            drawn.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
        }
    }
    drawn
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

fn draw_bars(area: &Area<'_>, bars: &Bars) -> anyhow::Result<()> {
    let (groups, axis) = (bars.names.len(), Axis::log(""));
    let x = axis.span(bars.series.iter().flat_map(|(_, lengths)| lengths.iter().flatten()).map(|it| axis.place(*it)));
    let from = x.start;
    let mut chart = ChartBuilder::on(area);
    chart.caption(&bars.title, ("sans-serif", 20)).margin(16).margin_left(NAMES_WIDTH).x_label_area_size(36);
    // From high to low, so that the first group is on top.
    let mut chart = chart.build_cartesian_2d(x, (groups as f64)..0.0)?;
    chart.configure_mesh().disable_y_mesh().light_line_style(WHITE).x_label_formatter(&|at| axis.label(*at)).draw()?;
    let thickness = 1.0 / (bars.series.len() as f64 + 1.0);
    for ((number, (name, lengths)), colour) in bars.series.iter().enumerate().zip(COLOURS.iter().cycle()) {
        let bar = |(group, length): (usize, &Option<f64>)| {
            let top = group as f64 + (number as f64 + 0.5) * thickness;
            length.map(|it| Rectangle::new([(from, top), (axis.place(it), top + thickness * 0.9)], colour.filled()))
        };
        let drawn = chart.draw_series(lengths.iter().enumerate().filter_map(bar))?.label(name.as_str());
        drawn.legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
    }
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::LowerRight).background_style(WHITE).draw()?;
    for (group, name) in bars.names.iter().enumerate() {
        let (_, y) = chart.plotting_area().map_coordinate(&(from, group as f64 + 0.5));
        area.draw(&Text::new(*name, (16, y - 7), ("sans-serif", 14)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_picture_name_all_that_is_in_them() {
        for x in [Axis::log("employees"), Axis::linear("employees")] {
            let series = vec![Series { name: "core".to_owned(), points: vec![(100.0, 900.0), (1e6, 1200.0)] }];
            let drawn = lines(&[Chart { title: "Claims".to_owned(), x, y: Axis::linear("ns"), series }]).unwrap();
            assert!(["Claims", "employees", "ns", "core"].iter().all(|word| drawn.contains(word)), "{drawn}");
        }
        let series = vec![("one company".to_owned(), vec![Some(5.0), None])];
        let drawn = bars(&Bars { title: "Cycles".into(), names: vec!["a queue", "a table"], series }).unwrap();
        assert!(["Cycles", "a queue", "a table", "one company"].iter().all(|word| drawn.contains(word)), "{drawn}");
    }

    #[test]
    fn an_axis_of_powers_names_whole_powers_alone() {
        let labels = [-3.0, 0.0, 2.0, 2.5, 3.0, 5.0, 6.0].map(|place| Axis::log("").label(place));
        assert_eq!(labels, ["0.001", "1", "100", "", "1k", "100k", "1M"]);
    }
}
