//! What a sweep found, for one metric: a line with its band along one axis, a heat map over two, small heat maps for
//! three. Every cell of a heat map carries its number, so that the colour says nothing alone.

use super::drawing::{Anchor, Area, Drawing, Face, Fill, MARGIN, Swatch, WIDTH};
use super::frame::{LEFT, RIGHT};
use super::render::render;
use super::scale::{Scale, Tick, durations, numbers};
use super::style::{
    BLUE, FAINT, GRID, Ink, SHADE, SKY, Size, TEXT, VERMILLION, WHITE, YELLOW, duration, fit, short,
    text_width,
};
use super::{ChartFile, Format};
use crate::random::math::log10;

/// One metric over a grid.
#[derive(Clone, Debug)]
pub struct SweepChart {
    /// The file's name without its ending.
    pub name: String,
    /// What was measured.
    pub title: String,
    /// Of what.
    pub subtitle: String,
    /// What was varied: one to three settings.
    pub axes: Vec<SweepAxis>,
    /// What the values are.
    pub numbers: Numbers,
    /// What the values are called along one axis, where their unit alone would not say it.
    pub called: Option<String>,
    /// Mean and half-width of each point, the last axis running fastest; `None` where there is no value.
    pub points: Vec<Option<(f64, f64)>>,
    /// What the metric is held against, drawn along one axis.
    pub limit: Option<Limit>,
}

/// A value that a metric is held against.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The value, in the metric's unit.
    pub value: f64,
    /// What it is.
    pub name: String,
}

/// A setting that was varied.
#[derive(Clone, Debug)]
pub struct SweepAxis {
    /// Its path.
    pub name: String,
    /// Its values, in order.
    pub values: Vec<String>,
}

/// What the values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Spans or points of time.
    Nanoseconds,
    /// Money.
    Dollars,
    /// Counts, shares, ratios.
    Plain,
}

/// A verdict on each point of a grid of two settings.
#[derive(Clone, Debug)]
pub struct SweepMap {
    /// The file's name without its ending.
    pub name: String,
    /// What is judged.
    pub title: String,
    /// Of what.
    pub subtitle: String,
    /// What was varied, upwards and across.
    pub axes: [SweepAxis; 2],
    /// The words for good, middling and bad.
    pub words: [&'static str; 3],
    /// The verdict on each point, and a time in nanoseconds; the last axis running fastest.
    pub cells: Vec<(Option<Verdict>, Option<f64>)>,
}

/// How well a point does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// With a price.
    Middling,
    /// As it should not.
    Bad,
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Good, Self::Middling, Self::Bad];

    /// A pattern tells what the colour tells.
    const fn fill(self) -> Fill {
        match self {
            Self::Good => Fill::solid(SKY),
            Self::Middling => Fill::striped(YELLOW, 12),
            Self::Bad => Fill::striped(VERMILLION.opacity(60), 9),
        }
    }
}

const PLOT_HEIGHT: i32 = 360;

/// Draws the map: each cell with its verdict's initial and its time.
pub fn draw_map(map: &SweepMap, format: Format) -> ChartFile {
    const ROW: i32 = 34;
    let mut drawing = Drawing::titled(&map.title, &map.subtitle);
    let initial = |word: &str| word.chars().next().unwrap_or('?').to_ascii_uppercase();
    let named = |(verdict, word): (Verdict, &str)| {
        (Swatch::Surface(verdict.fill()), format!("{}: {word}", initial(word)))
    };
    let legend: Vec<_> = Verdict::ALL.into_iter().zip(map.words).map(named).collect();
    drawing.heading("after the last window", &legend);
    let look = |(verdict, time): &(Option<Verdict>, Option<f64>)| match verdict {
        None => Look { fill: Fill::striped(SHADE, 6), ink: FAINT, text: "–".to_owned() },
        Some(verdict) => {
            let time = time.map(|time| format!(" {}", duration(Numbers::Nanoseconds.scaled(time, 1.0))));
            let text = format!("{}{}", initial(map.words[*verdict as usize]), time.unwrap_or_default());
            Look { fill: verdict.fill(), ink: TEXT, text }
        }
    };
    let cells: Vec<Look> = map.cells.iter().map(look).collect();
    let [y, x] = &map.axes;
    let height = ROW * i32::try_from(y.values.len()).unwrap_or(1_000) + 32;
    let top = drawing.take(height);
    matrix(
        &mut drawing,
        Area { left: MARGIN, top, right: WIDTH - MARGIN, bottom: top + height },
        ROW,
        (y, x),
        &cells,
    );
    drawing.remark(&format!("across: {}   ·   up: {}", x.name, y.name));
    drawing.take(12);
    ChartFile { name: format!("{}.{}", map.name, format.extension()), bytes: render(&drawing, format) }
}

/// Draws the chart.
pub fn draw(chart: &SweepChart, format: Format) -> ChartFile {
    let mut drawing = Drawing::titled(&chart.title, &chart.subtitle);
    if chart.points.iter().all(Option::is_none) {
        drawing.notice("No point has a value of this metric.");
    } else {
        match chart.axes.as_slice() {
            [x] => line(&mut drawing, chart, x),
            [y, x] => {
                let size = (WIDTH - 2 * MARGIN, 34);
                heat_maps(&mut drawing, chart, &[(String::new(), 0)], (y, x), size, 1);
            }
            [panels, y, x] => {
                let step = y.values.len() * x.values.len();
                let panel = |(at, value): (usize, &String)| (format!("{} = {value}", panels.name), at * step);
                let all: Vec<_> = panels.values.iter().enumerate().map(panel).collect();
                heat_maps(&mut drawing, chart, &all, (y, x), ((WIDTH - 3 * MARGIN) / 2, 26), 2);
            }
            _ => drawing.notice("More was varied than a picture can show."),
        }
    }
    drawing.take(12);
    ChartFile { name: format!("{}.{}", chart.name, format.extension()), bytes: render(&drawing, format) }
}

impl Numbers {
    /// The value in what scales count in: milliseconds, thousandths, thousandths of `10^-exponent` dollars.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range that is tested"
    )]
    fn scaled(self, value: f64, factor: f64) -> u64 {
        let scaled = match self {
            Self::Nanoseconds => value / 1e6,
            Self::Dollars | Self::Plain => value * factor,
        };
        if scaled > 0.0 { if scaled < 1e18 { (scaled + 0.5) as u64 } else { u64::MAX / 2 } } else { 0 }
    }

    fn scale(self, max: u64) -> (Scale, Vec<Tick>) {
        match self {
            Self::Nanoseconds => durations(max),
            Self::Dollars | Self::Plain => numbers(max, false),
        }
    }

    fn text(self, scaled: u64) -> String {
        match self {
            Self::Nanoseconds => duration(scaled),
            Self::Dollars | Self::Plain => short(scaled),
        }
    }

    /// By what values are multiplied, so that the largest has a few digits, and the unit in words.
    fn factor(self, max: f64) -> (f64, &'static str) {
        match self {
            Self::Nanoseconds => (1.0, "time"),
            Self::Dollars if max < 0.001 => (1e9, "millionths of a US dollar"),
            Self::Dollars if max < 1.0 => (1e6, "thousandths of a US dollar"),
            Self::Dollars => (1e3, "US dollars"),
            Self::Plain if max < 0.1 => (1e6, "thousandths"),
            Self::Plain => (1e3, "number"),
        }
    }
}

/// Where the values of an axis lie: by their size if all are numbers of one unit, on a logarithmic axis if they span
/// more than a factor of 50; else evenly.
fn places(values: &[String], length: i32) -> Vec<i32> {
    let number = |text: &String| {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        text[..digits].parse::<f64>().ok().map(|number| (number, text[digits..].to_owned()))
    };
    let evenly = || (0..values.len()).map(|at| at_share(at, values.len() - 1, length)).collect();
    let Some(all) = values.iter().map(number).collect::<Option<Vec<_>>>() else { return evenly() };
    let (first, last) = (&all[0], &all[all.len() - 1]);
    let ascending = all.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 == pair[1].1);
    if !ascending || all.len() < 2 {
        return evenly();
    }
    let logarithmic = first.0 > 0.0 && last.0 / first.0 > 50.0;
    let transformed = |value: f64| if logarithmic { log10(value) } else { value };
    let (low, high) = (transformed(first.0), transformed(last.0));
    all.iter().map(|(value, _)| pixel((transformed(*value) - low) / (high - low), length)).collect()
}

fn at_share(at: usize, of: usize, length: i32) -> i32 {
    let (at, of) = (i32::try_from(at).unwrap_or(0), i32::try_from(of).unwrap_or(1));
    if of == 0 {
        length / 2
    } else {
        i32::try_from(i64::from(length) * i64::from(at) / i64::from(of)).unwrap_or(0)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a pixel on a chart, within its length")]
fn pixel(share: f64, length: i32) -> i32 {
    (share * f64::from(length) + 0.5).floor() as i32
}

fn line(drawing: &mut Drawing, chart: &SweepChart, x: &SweepAxis) {
    let limit = chart.limit.as_ref().map_or(0.0, |limit| limit.value);
    let highest = chart.points.iter().flatten().fold(limit, |high, (mean, half)| larger(high, mean + half));
    let (factor, unit) = chart.numbers.factor(highest);
    let (scale, ticks) = chart.numbers.scale(chart.numbers.scaled(highest, factor).max(1));
    let legend = chart.limit.iter().map(|limit| (Swatch::Line(VERMILLION, 2), limit.name.clone()));
    drawing.heading(chart.called.as_deref().unwrap_or(unit), &legend.collect::<Vec<_>>());
    let top = drawing.take(PLOT_HEIGHT + 64) + 8;
    let plot = Area { left: LEFT, top, right: RIGHT, bottom: top + PLOT_HEIGHT };
    let y = |value: f64| {
        plot.bottom - scale.place(chart.numbers.scaled(value, factor), plot.height()).clamp(0, plot.height())
    };
    for (value, label) in ticks {
        let at = plot.bottom - scale.place(value, plot.height());
        drawing.line((plot.left, at), (plot.right, at), GRID);
        drawing.text((plot.left - 8, at), &label, Face::plain(Size::Label).inked(FAINT), Anchor::End);
    }
    let xs: Vec<i32> =
        places(&x.values, plot.width() - 40).into_iter().map(|at| plot.left + 20 + at).collect();
    x_axis(drawing, x, &xs, plot);
    if let Some(limit) = &chart.limit {
        drawing.path(vec![(plot.left, y(limit.value)), (plot.right, y(limit.value))], VERMILLION, 2);
    }
    for stretch in stretches(&xs, &chart.points) {
        band(drawing, &stretch, &y);
        drawing.path(stretch.iter().map(|(x, (mean, _))| (*x, y(*mean))).collect(), BLUE, 2);
        for (x, (mean, half)) in stretch {
            drawing.path(vec![(x, y(mean - half)), (x, y(mean + half))], BLUE, 1);
            drawing.dot((x, y(mean)), 4, BLUE);
        }
    }
    drawing.line((plot.left, plot.bottom), (plot.right, plot.bottom), TEXT);
    drawing.line((plot.left, plot.top), (plot.left, plot.bottom), TEXT);
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

type Placed = (i32, (f64, f64));

/// Neighbouring points that all have values.
fn stretches(xs: &[i32], points: &[Option<(f64, f64)>]) -> Vec<Vec<Placed>> {
    let mut all: Vec<Vec<Placed>> = vec![Vec::new()];
    for (x, point) in xs.iter().zip(points) {
        match point {
            Some(point) => all.last_mut().expect("never empty").push((*x, *point)),
            None => all.push(Vec::new()),
        }
    }
    all.retain(|stretch| !stretch.is_empty());
    all
}

/// The interval between neighbouring points, in thin columns.
fn band(drawing: &mut Drawing, stretch: &[Placed], y: &impl Fn(f64) -> i32) {
    const STEP: i32 = 2;
    for pair in stretch.windows(2) {
        let [(from, left), (to, right)] = [pair[0], pair[1]];
        let between = |x: i32, value: fn((f64, f64)) -> f64| {
            let share = f64::from(x - from) / f64::from((to - from).max(1));
            value(left) + (value(right) - value(left)) * share
        };
        let column = |x: i32| Area {
            left: x,
            top: y(between(x, |(mean, half)| mean + half)),
            right: (x + STEP).min(to),
            bottom: y(between(x, |(mean, half)| mean - half)),
        };
        let columns: Vec<Area> = (from..to).step_by(STEP as usize).map(column).collect();
        drawing.columns(&columns, Fill::solid(BLUE.opacity(22)));
    }
}

/// The values below, as many as there is room for, and the name of the setting.
fn x_axis(drawing: &mut Drawing, axis: &SweepAxis, xs: &[i32], plot: Area) {
    let face = Face::plain(Size::Label);
    let mut free = i32::MIN;
    for (value, x) in axis.values.iter().zip(xs) {
        drawing.line((*x, plot.top), (*x, plot.bottom), GRID);
        let text = fit(value, Size::Label, 160);
        let half = text_width(&text, Size::Label) / 2 + 5;
        if x - half >= free {
            drawing.text((*x, plot.bottom + 14), &text, face, Anchor::Middle);
            free = x + half;
        }
    }
    let name = fit(&axis.name, Size::Label, plot.width());
    drawing.text((plot.left.midpoint(plot.right), plot.bottom + 38), &name, face, Anchor::Middle);
}

/// How a heat map's cell looks.
struct Look {
    fill: Fill,
    ink: Ink,
    text: String,
}

/// Heat maps next to each other and below each other, on one scale of colours; each begins at a point.
fn heat_maps(
    drawing: &mut Drawing,
    chart: &SweepChart,
    panels: &[(String, usize)],
    axes: (&SweepAxis, &SweepAxis),
    (width, row): (i32, i32),
    across: usize,
) {
    let means = || chart.points.iter().flatten().map(|(mean, _)| *mean);
    let (low, high) =
        means().fold((f64::INFINITY, 0.0), |(low, high), mean| (smaller(low, mean), larger(high, mean)));
    let (factor, unit) = chart.numbers.factor(high);
    let text = |mean: f64| chart.numbers.text(chart.numbers.scaled(mean, factor));
    drawing.heading(&format!("{unit}: from {} (pale) to {} (blue)", text(low), text(high)), &[]);
    let look = |point: Option<(f64, f64)>| match point {
        None => Look { fill: Fill::striped(SHADE, 6), ink: FAINT, text: "–".to_owned() },
        Some((mean, _)) => {
            let share = if high > low { (mean - low) / (high - low) } else { 0.0 };
            Look {
                fill: Fill::solid(ramp(share)),
                ink: if share > 0.62 { WHITE } else { TEXT },
                text: text(mean),
            }
        }
    };
    let (y, x) = axes;
    let per_panel = y.values.len() * x.values.len();
    for row_of_panels in panels.chunks(across) {
        let height = 26 + row * i32::try_from(y.values.len()).unwrap_or(1_000) + 32;
        let top = drawing.take(height);
        for (at, (name, first)) in (0..).zip(row_of_panels) {
            let left = MARGIN + at * (width + MARGIN);
            drawing.text(
                (left, top + 12),
                &fit(name, Size::Label, width),
                Face::bold(Size::Label),
                Anchor::Start,
            );
            let cells =
                chart.points[*first..first + per_panel].iter().map(|point| look(*point)).collect::<Vec<_>>();
            matrix(
                drawing,
                Area { left, top: top + 26, right: left + width, bottom: top + height },
                row,
                axes,
                &cells,
            );
        }
    }
    drawing.remark(&format!("across: {}   ·   up: {}", x.name, y.name));
}

fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// From a hint of blue to blue.
fn ramp(share: f64) -> Ink {
    let (red, green, blue) = BLUE.rgb;
    let mix = |of: u8| {
        u8::try_from(pixel(0.96 * (1.0 - share), 255 - i32::from(of)) + i32::from(of)).unwrap_or(255)
    };
    Ink::new(mix(red), mix(green), mix(blue))
}

/// Cells with their labels: the first value of the vertical axis at the bottom.
fn matrix(drawing: &mut Drawing, area: Area, row: i32, (y, x): (&SweepAxis, &SweepAxis), cells: &[Look]) {
    let face = Face::plain(Size::Label);
    let widest = y.values.iter().map(|value| text_width(value, Size::Label)).max().unwrap_or(0).min(150);
    let left = area.left + widest + 12;
    let columns = i32::try_from(x.values.len()).unwrap_or(1_000);
    let edge = |at: i32| left + (area.right - left) * at / columns;
    let rows = i32::try_from(y.values.len()).unwrap_or(1_000);
    for (at, value) in (0..).zip(&y.values) {
        let top = area.top + (rows - 1 - at) * row;
        let middle = top + row / 2;
        drawing.text((left - 8, middle), &fit(value, Size::Label, 150), face, Anchor::End);
        let first = usize::try_from(at * columns).unwrap_or(0);
        for (column, look) in (0..columns).zip(&cells[first..]) {
            let cell = Area { left: edge(column), top, right: edge(column + 1) - 1, bottom: top + row - 1 };
            drawing.rectangle(cell, look.fill);
            let width = text_width(&look.text, Size::Label);
            if width <= cell.width() {
                let centre = (cell.left.midpoint(cell.right), middle);
                if look.fill.stripes.is_some() {
                    // Words are not read through stripes.
                    let left = centre.0 - width / 2 - 4;
                    let under = Area { left, right: left + width + 8, ..cell };
                    drawing.rectangle(under, Fill::solid(WHITE));
                    drawing.rectangle(under, Fill::solid(look.fill.ink));
                }
                drawing.text(centre, &look.text, face.inked(look.ink), Anchor::Middle);
            }
        }
    }
    let below = area.top + rows * row;
    let mut free = i32::MIN;
    for (at, value) in (0..).zip(&x.values) {
        let middle = edge(at).midpoint(edge(at + 1));
        let text = fit(value, Size::Label, 110);
        let half = text_width(&text, Size::Label) / 2 + 4;
        if middle - half >= free {
            drawing.text((middle, below + 12), &text, face, Anchor::Middle);
            free = middle + half;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, values: &[&str]) -> SweepAxis {
        SweepAxis { name: name.to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    fn chart(axes: Vec<SweepAxis>, value: impl Fn(usize) -> Option<(f64, f64)>) -> String {
        let points = axes.iter().map(|axis| axis.values.len()).product();
        let chart = SweepChart {
            name: "sweep".to_owned(),
            title: "lost.Sum".to_owned(),
            subtitle: "<test>".to_owned(),
            axes,
            numbers: Numbers::Plain,
            called: None,
            points: (0..points).map(value).collect(),
            limit: None,
        };
        String::from_utf8(draw(&chart, Format::Svg).bytes).unwrap()
    }

    #[test]
    fn values_lie_where_they_belong() {
        let at = |values: &[&str]| places(&axis("", values).values, 900);
        assert_eq!(at(&["1", "2", "10"]), [0, 100, 900], "by size");
        assert_eq!(at(&["1/s", "10/s", "1000/s"]), [0, 300, 900], "by logarithm beyond a factor of 50");
        assert_eq!(at(&["a", "b", "c"]), [0, 450, 900], "evenly");
        assert_eq!(at(&["1s", "2m"]), [0, 900], "units differ: evenly");
        assert_eq!(at(&["3", "1", "2"]), [0, 450, 900], "not in order: evenly");
        assert_eq!(at(&["7"]), [450]);
    }

    #[test]
    fn every_kind_of_chart_shows_its_settings_and_values() {
        let (one, two, three) =
            (axis("slots", &["1", "2"]), axis("retries", &["0", "1", "2"]), axis("age", &["1h", "2h"]));
        let value = |at: usize| (at != 1).then(|| (f64::from(u8::try_from(at).unwrap()) * 100.0, 5.0));
        let line = chart(vec![two.clone()], value);
        assert!(line.contains("retries") && line.contains("&lt;test&gt;"), "{line}");
        let map = chart(vec![one.clone(), two.clone()], value);
        assert!(map.contains(">\n500\n<") || map.contains(">500<"), "{map}");
        assert!(map.contains('–'), "a point without a value");
        let small = chart(vec![one, two, three], value);
        assert!(small.contains("slots = 1") && small.contains("slots = 2"), "{small}");
    }

    #[test]
    fn strange_values_are_drawn_too() {
        for value in [0.0, 1e-12, 1e300, f64::MAX] {
            let line = chart(vec![axis("x", &["1", "2", "3"])], |_| Some((value, value)));
            assert!(line.ends_with("</svg>\n") || line.ends_with("</svg>"), "{value}");
        }
        assert!(chart(vec![axis("x", &["1"])], |_| None).contains("No point has a value"));
        let many: Vec<String> = (0..200).map(|at| at.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let map = chart(vec![axis("y", &many[..40]), axis("x", &many)], |at| {
            Some((f64::from(u32::try_from(at).unwrap()), 0.0))
        });
        assert!(map.len() < 4_000_000);
    }
}
