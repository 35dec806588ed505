//! Plots, as SVG and as PNG of the same drawing.

mod png;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const SIZE: (u32, u32) = (960, 480);
const COLOURS: [RGBColor; 4] = [
    RGBColor(0x1f, 0x6f, 0xeb),
    RGBColor(0xd2, 0x5b, 0x1d),
    RGBColor(0x2d, 0x8a, 0x4e),
    RGBColor(0x80, 0x4c, 0xb8),
];

/// Most labels of an axis that counts from zero.
const LABELS: usize = 11;

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
    pub x: Axis<'a>,
    /// Beside the vertical axis.
    pub y: &'a str,
}

/// A horizontal axis, by what stands below it.
#[derive(Clone, Copy, Debug)]
pub enum Axis<'a> {
    /// From zero.
    Linear(&'a str),
    /// The points are exponents of ten.
    PowersOfTen(&'a str),
}

impl Axis<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Linear(title) | Self::PowersOfTen(title) => title,
        }
    }

    /// What stands at `value`.
    fn label(&self, value: f64) -> String {
        match self {
            Self::Linear(_) => whole(&value),
            Self::PowersOfTen(_) if value.fract().abs() > 1e-6 => String::new(),
            Self::PowersOfTen(_) => thousands(10_f64.powf(value)),
        }
    }
}

/// A number without decimals, its digits in groups of three.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Draws `lines` into the files `<name>.svg` and `<name>.png` of `folder`.
pub fn lines(folder: &Path, name: &str, titles: Titles<'_>, lines: &[Line]) -> Result<()> {
    save(folder, name, draw(titles, lines))
}

/// Draws `bars` into the files `<name>.svg` and `<name>.png` of `folder`.
pub fn bars(folder: &Path, name: &str, titles: Titles<'_>, bars: &[Bar]) -> Result<()> {
    save(folder, name, draw_bars(titles, bars))
}

type Drawn = Result<String, Box<dyn std::error::Error>>;

fn save(folder: &Path, name: &str, drawn: Drawn) -> Result<()> {
    let path = folder.join(name).with_extension("svg");
    let svg = drawn.map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))?;
    fs::write(&path, &svg).with_context(|| format!("cannot write {}", path.display()))?;
    png::save(&svg, &path.with_extension("png"))
}

fn draw(titles: Titles<'_>, lines: &[Line]) -> Drawn {
    let points = || lines.iter().flat_map(|line| &line.points);
    let highest = points().map(|point| point.1).fold(1e-9, f64::max) * 1.05;
    let right = points().map(|point| point.0).fold(1e-9, f64::max);
    let (left, right, highest, labels) = match titles.x {
        Axis::Linear(_) => (0.0, right * 1.05, highest, LABELS),
        Axis::PowersOfTen(_) => {
            let left = points().map(|point| point.0).fold(right, f64::min);
            // One label for each power, and room for the legend above lines that may begin high.
            let powers = lines.iter().map(|line| line.points.len()).max();
            (
                left,
                right.max(left + 1.0),
                highest * 1.3,
                powers.unwrap_or(1),
            )
        }
    };
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(titles.plot, ("sans-serif", 20))
        .margin(16)
        .margin_right(40)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(left..right, 0.0..highest)?;
    chart
        .configure_mesh()
        .x_desc(titles.x.title())
        .y_desc(titles.y)
        .light_line_style(WHITE)
        .x_labels(labels)
        .x_label_formatter(&|value| titles.x.label(*value))
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
    drop((chart, area));
    Ok(svg)
}

fn draw_bars(titles: Titles<'_>, bars: &[Bar]) -> Drawn {
    let highest = bars.iter().map(|bar| bar.value).fold(1e-9, f64::max) * 1.15;
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
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
        let label = thousands(bar.value);
        let at = (SegmentValue::CenterOf(index), bar.value + highest * 0.04);
        let style = ("sans-serif", 14).into_text_style(&area);
        let centred = style.pos(Pos::new(HPos::Center, VPos::Top));
        chart.draw_series([Text::new(label, at, centred)])?;
    }
    area.present()?;
    drop((chart, area));
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_names_its_lines_and_axes() {
        let folder = tempfile::tempdir().unwrap();
        let titles = Titles {
            plot: "Growth",
            x: Axis::Linear("seconds"),
            y: "objects",
        };
        let line = Line {
            name: "ready".to_owned(),
            points: vec![(0.0, 0.0), (1.0, 5.0)],
        };
        lines(folder.path(), "plot", titles, &[line]).unwrap();
        let drawn = fs::read_to_string(folder.path().join("plot.svg")).unwrap();
        for text in ["Growth", "seconds", "objects", "ready"] {
            assert!(drawn.contains(text), "{text} is missing");
        }
    }
    #[test]
    fn powers_of_ten_are_written_out_and_nothing_stands_between_them() {
        let axis = Axis::PowersOfTen("users");
        let labels: Vec<String> = [3.0, 3.5, 7.0].map(|value| axis.label(value)).into();
        assert_eq!(labels, ["1,000", "", "10,000,000"]);
    }
}
