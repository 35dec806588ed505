//! Plots as SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const SIZE: (u32, u32) = (960, 480);
const COLOURS: [RGBColor; 4] = [
    RGBColor(0x1f, 0x6f, 0xeb),
    RGBColor(0xd2, 0x5b, 0x1d),
    RGBColor(0x2d, 0x8a, 0x4e),
    RGBColor(0x80, 0x4c, 0xb8),
];

/// A line of a plot.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A label without decimals.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "as the axes pass their values"
)]
fn whole(value: &f64) -> String {
    format!("{value:.0}")
}

/// A bar of a plot.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What stands below it.
    pub name: String,
    /// Its height.
    pub value: f64,
}

/// Titles of a plot and its axes.
#[derive(Clone, Copy, Debug)]
pub struct Titles<'a> {
    /// Above the plot.
    pub plot: &'a str,
    /// Below the horizontal axis.
    pub x: &'a str,
    /// Beside the vertical axis.
    pub y: &'a str,
}

/// Draws `lines` into the file `path`.
pub fn lines(path: &Path, titles: Titles<'_>, lines: &[Line]) -> Result<()> {
    draw(path, titles, lines).map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))
}

fn draw(path: &Path, titles: Titles<'_>, lines: &[Line]) -> Result<(), Box<dyn std::error::Error>> {
    let greatest = |of: fn(&(f64, f64)) -> f64| {
        let points = lines.iter().flat_map(|line| &line.points);
        points.map(of).fold(1e-9, f64::max) * 1.05
    };
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(titles.plot, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(
            0.0..greatest(|point| point.0),
            0.0..greatest(|point| point.1),
        )?;
    chart
        .configure_mesh()
        .x_desc(titles.x)
        .y_desc(titles.y)
        .light_line_style(WHITE)
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .label_style(("sans-serif", 14))
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 14))
        .draw()?;
    area.present()?;
    Ok(())
}

/// Draws `bars` into the file `path`.
pub fn bars(path: &Path, titles: Titles<'_>, bars: &[Bar]) -> Result<()> {
    draw_bars(path, titles, bars)
        .map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))
}

fn draw_bars(
    path: &Path,
    titles: Titles<'_>,
    bars: &[Bar],
) -> Result<(), Box<dyn std::error::Error>> {
    let highest = bars.iter().map(|bar| bar.value).fold(1e-9, f64::max) * 1.15;
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let names = |index: &SegmentValue<usize>| match index {
        SegmentValue::CenterOf(index) => bars.get(*index).map(|bar| bar.name.clone()),
        _ => None,
    };
    let mut chart = ChartBuilder::on(&area)
        .caption(titles.plot, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d((0..bars.len() - 1).into_segmented(), 0.0..highest)?;
    chart
        .configure_mesh()
        .y_desc(titles.y)
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_labels(bars.len() + 1)
        .x_label_formatter(&|index| names(index).unwrap_or_default())
        .y_label_formatter(&whole)
        .label_style(("sans-serif", 14))
        .draw()?;
    for (index, (bar, colour)) in bars.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let (left, right) = (SegmentValue::Exact(index), SegmentValue::Exact(index + 1));
        let mut rectangle = Rectangle::new([(left, 0.0), (right, bar.value)], colour.filled());
        rectangle.set_margin(0, 0, 24, 24);
        chart.draw_series([rectangle])?;
        let label = format!("{:.0}", bar.value);
        let at = (SegmentValue::CenterOf(index), bar.value + highest * 0.04);
        let style = ("sans-serif", 14).into_text_style(&area);
        let centred = style.pos(Pos::new(HPos::Center, VPos::Top));
        chart.draw_series([Text::new(label, at, centred)])?;
    }
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_names_its_lines_and_axes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        let titles = Titles {
            plot: "Growth",
            x: "seconds",
            y: "objects",
        };
        let line = Line {
            name: "ready".to_owned(),
            points: vec![(0.0, 0.0), (1.0, 5.0)],
        };
        lines(&path, titles, &[line]).unwrap();
        let drawn = std::fs::read_to_string(&path).unwrap();
        for text in ["Growth", "seconds", "objects", "ready"] {
            assert!(drawn.contains(text), "{text} is missing");
        }
    }
}
