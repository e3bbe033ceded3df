//! Pictures of results: lines over a scale that may be logarithmic, and bars in groups.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

const SIZE: (u32, u32) = (1000, 560);
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x1b, 0x6c, 0xa8),
    RGBColor(0xd9, 0x5f, 0x02),
    RGBColor(0x2c, 0x8c, 0x50),
    RGBColor(0x8e, 0x44, 0x9a),
    RGBColor(0x7a, 0x5c, 0x2e),
    RGBColor(0x55, 0x55, 0x55),
];
/// Room for the names beside bars, and the height of one bar, in pixels.
const NAMES_WIDTH: i32 = 340;
const BAR_HEIGHT: u32 = 15;

/// Lines over a common scale.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Above all.
    pub title: String,
    /// What is counted from left to right.
    pub across: String,
    /// What is counted upwards.
    pub upwards: String,
    /// Whether each step to the right is ten times as much.
    pub is_log_across: bool,
    /// The lines by name.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// Bars in groups, to the right, each step ten times as much.
#[derive(Clone, Debug)]
pub struct Bars {
    /// Above all.
    pub title: String,
    /// The names of the groups.
    pub names: Vec<&'static str>,
    /// The lengths by name, one for each group that has one.
    pub series: Vec<(String, Vec<Option<f64>>)>,
}

/// Draws lines into a file of SVG.
///
/// # Errors
/// When it cannot be written.
pub fn lines(path: &Path, all: &Lines) -> Result<()> {
    let points = || all.lines.iter().flat_map(|(_, points)| points);
    let (from, to) = bounds(points().map(|(x, _)| *x));
    let highest = bounds(points().map(|(_, y)| *y)).1 * 1.1;
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let mut chart = ChartBuilder::on(&area);
    chart.caption(&all.title, ("sans-serif", 20)).margin(16).x_label_area_size(48).y_label_area_size(80);
    // The two scales are different types, and all that is drawn on them with them.
    macro_rules! draw {
        ($across:expr) => {{
            let mut chart = chart.build_cartesian_2d($across, 0.0..highest)?;
            let mut mesh = chart.configure_mesh();
            mesh.x_desc(&all.across).y_desc(&all.upwards).light_line_style(WHITE).draw()?;
            for ((name, points), colour) in all.lines.iter().zip(COLOURS.iter().cycle()) {
                let series = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
                let drawn = chart.draw_series(series)?.label(name.as_str());
                drawn.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
                chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperLeft)
                .background_style(WHITE.mix(0.8))
                .draw()?;
        }};
    }
    if all.is_log_across {
        draw!((from..to).log_scale());
    } else {
        draw!(from..to);
    }
    area.present()?;
    Ok(())
}

/// Draws bars into a file of SVG.
///
/// # Errors
/// When it cannot be written.
pub fn bars(path: &Path, all: &Bars) -> Result<()> {
    let (groups, in_each) = (all.names.len(), all.series.len().max(1));
    let (least, most) = bounds(all.series.iter().flat_map(|(_, lengths)| lengths.iter().flatten().copied()));
    let (from, to) = (10f64.powf(least.log10().floor()), most * 1.5);
    let height = 120 + u32::try_from(groups * (in_each + 1))? * BAR_HEIGHT;
    let area = SVGBackend::new(path, (SIZE.0, height)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let mut chart = ChartBuilder::on(&area);
    chart.caption(&all.title, ("sans-serif", 20)).margin(16).margin_left(NAMES_WIDTH).x_label_area_size(36);
    // The first group is on top.
    let mut chart = chart.build_cartesian_2d((from..to).log_scale(), (groups as f64)..0.0)?;
    chart.configure_mesh().disable_y_mesh().light_line_style(WHITE).x_label_formatter(&|x| power(*x)).draw()?;
    let thickness = 1.0 / (in_each as f64 + 1.0);
    for ((number, (name, lengths)), colour) in all.series.iter().enumerate().zip(COLOURS.iter().cycle()) {
        let bar = |(group, length): (usize, &Option<f64>)| {
            let top = group as f64 + (number as f64 + 0.5) * thickness;
            length.map(|length| Rectangle::new([(from, top), (length, top + thickness * 0.9)], colour.filled()))
        };
        let drawn = chart.draw_series(lengths.iter().enumerate().filter_map(bar))?.label(name.as_str());
        drawn.legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
    }
    let labels =
        chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).background_style(WHITE).draw();
    labels?;
    for (group, name) in all.names.iter().enumerate() {
        let (_, y) = chart.plotting_area().map_coordinate(&(from, group as f64 + 0.5));
        area.draw(&Text::new(*name, (16, y - 7), ("sans-serif", 14)))?;
    }
    area.present()?;
    Ok(())
}

/// The least and the most; of nothing something that can be drawn.
fn bounds(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    let (least, most) = figures.fold((f64::INFINITY, 0.0f64), |(least, most), it| (least.min(it), most.max(it)));
    if least.is_finite() && least < most { (least, most) } else { (1.0, most.max(10.0)) }
}

fn power(figure: f64) -> String {
    crate::results::short(figure).replace(".00", "").replace(".0", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_picture_name_all_that_is_in_them() -> Result<()> {
        let directory = tempfile::tempdir()?;
        let (of_lines, of_bars) = (directory.path().join("lines.svg"), directory.path().join("bars.svg"));
        let series = vec![("core".to_owned(), vec![(100.0, 900.0), (1e6, 1200.0)])];
        for is_log_across in [true, false] {
            let (title, across, upwards) = ("Claims".into(), "employees".into(), "ns".into());
            lines(&of_lines, &Lines { title, across, upwards, is_log_across, lines: series.clone() })?;
            let drawn = std::fs::read_to_string(&of_lines)?;
            assert!(["Claims", "employees", "ns", "core"].iter().all(|word| drawn.contains(word)));
        }
        let series = vec![("one company".to_owned(), vec![Some(5.0), None])];
        bars(&of_bars, &Bars { title: "Cycles".into(), names: vec!["a queue", "a table"], series })?;
        let drawn = std::fs::read_to_string(&of_bars)?;
        assert!(["Cycles", "a queue", "a table", "one company"].iter().all(|word| drawn.contains(word)));
        Ok(())
    }
}
