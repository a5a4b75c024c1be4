//! A picture as a list of shapes in whole pixels, before any file format.
//!
//! Charts are laid out here in integers, from top to bottom: each part is placed below the one before and the
//! height follows. Only [`super::render`] knows how a shape becomes SVG or PNG.

use super::style::{FAINT, Ink, Size, TEXT, fit, text_width};

/// How wide every chart is.
pub(super) const WIDTH: i32 = 1200;
/// The empty border on the left and right.
pub(super) const MARGIN: i32 = 24;

/// A picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawing {
    /// What is to be drawn, the background first.
    pub(super) shapes: Vec<Shape>,
    /// How high the picture is.
    pub(super) height: i32,
}

/// One shape; coordinates are pixels from the upper left corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A filled rectangle.
    Rectangle {
        /// Its extent.
        area: Area,
        /// Its fill.
        ink: Ink,
    },
    /// A silhouette of adjoining columns, filled.
    Columns {
        /// The columns from left to right, each beginning where the one before ends.
        columns: Vec<Area>,
        /// Their fill.
        ink: Ink,
    },
    /// A line through points.
    Path {
        /// The points.
        points: Vec<(i32, i32)>,
        /// Its colour.
        ink: Ink,
        /// Its thickness.
        thickness: u32,
    },
    /// A filled circle.
    Dot {
        /// Its centre.
        centre: (i32, i32),
        /// Its radius.
        radius: u32,
        /// Its fill.
        ink: Ink,
    },
    /// A line of text, centred vertically on `at`.
    Text {
        /// Where it is anchored.
        at: (i32, i32),
        /// What it says.
        text: String,
        /// How it looks.
        face: Face,
        /// Which end of it is at `at`.
        anchor: Anchor,
    },
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Face {
    /// How large it is.
    pub(super) size: Size,
    /// Whether it is bold.
    pub(super) bold: bool,
    /// Its colour.
    pub(super) ink: Ink,
}

impl Face {
    /// Plain text of `size`.
    pub(super) const fn plain(size: Size) -> Self {
        Self { size, bold: false, ink: TEXT }
    }

    /// Bold text of `size`.
    pub(super) const fn bold(size: Size) -> Self {
        Self { bold: true, ..Self::plain(size) }
    }

    /// The same in another colour.
    pub(super) const fn inked(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// Which part of a text is at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A rectangle [left, right) × [top, bottom).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    /// The first column of pixels.
    pub(super) left: i32,
    /// The first row of pixels.
    pub(super) top: i32,
    /// One past the last column.
    pub(super) right: i32,
    /// One past the last row.
    pub(super) bottom: i32,
}

impl Area {
    /// How wide it is.
    pub(super) const fn width(self) -> i32 {
        self.right - self.left
    }

    /// How high it is.
    pub(super) const fn height(self) -> i32 {
        self.bottom - self.top
    }
}

/// How a surface is filled. A pattern tells what the colour tells, for those who do not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    /// The colour.
    pub(super) ink: Ink,
    /// Vertical stripes over it, this far apart.
    pub(super) stripes: Option<i32>,
}

impl Fill {
    /// Without a pattern.
    pub(super) const fn solid(ink: Ink) -> Self {
        Self { ink, stripes: None }
    }

    /// With dark stripes `spacing` pixels apart.
    pub(super) const fn striped(ink: Ink, spacing: i32) -> Self {
        Self { ink, stripes: Some(spacing) }
    }
}

/// What a legend shows beside a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swatch {
    /// A filled surface.
    Surface(Fill),
    /// A line of this thickness.
    Line(Ink, u32),
    /// A dashed line.
    Dashes(Ink),
    /// A short vertical line.
    Bar(Ink),
    /// A dot.
    Dot(Ink),
    /// A cross.
    Cross(Ink),
}

const STRIPE: Ink = Ink::new(0x20, 0x20, 0x20).opacity(55);

impl Drawing {
    /// A picture with a title and a line below it; what follows goes below [`Drawing::height`].
    pub(super) fn titled(title: &str, subtitle: &str) -> Self {
        let mut drawing = Self::default();
        let room = WIDTH - 2 * MARGIN;
        let title = fit(title, Size::Title, room);
        drawing.text((MARGIN, 26), &title, Face::bold(Size::Title), Anchor::Start);
        let subtitle = fit(subtitle, Size::Label, room);
        drawing.text((MARGIN, 50), &subtitle, Face::plain(Size::Label), Anchor::Start);
        drawing.height = 66;
        drawing
    }

    /// Makes the picture at least so high that `pixels` more fit below what is there; returns where they begin.
    pub(super) fn take(&mut self, pixels: i32) -> i32 {
        let top = self.height;
        self.height += pixels;
        top
    }

    /// A line of text across the picture, below what is there: what the chart would show if there were anything.
    pub(super) fn notice(&mut self, text: &str) {
        let top = self.take(120);
        self.text((WIDTH / 2, top + 55), text, Face::plain(Size::Panel), Anchor::Middle);
    }

    /// Text.
    pub(super) fn text(&mut self, at: (i32, i32), text: &str, face: Face, anchor: Anchor) {
        let text = text.to_owned();
        self.shapes.push(Shape::Text { at, text, face, anchor });
    }

    /// A filled rectangle; nothing if it is empty.
    pub(super) fn rectangle(&mut self, area: Area, fill: Fill) {
        if area.width() <= 0 || area.height() <= 0 {
            return;
        }
        self.shapes.push(Shape::Rectangle { area, ink: fill.ink });
        self.stripes(&[area], fill);
    }

    /// Adjoining columns, filled as one silhouette; a column may be empty.
    pub(super) fn columns(&mut self, columns: &[Area], fill: Fill) {
        if columns.iter().all(|column| column.height() <= 0) {
            return;
        }
        self.shapes.push(Shape::Columns { columns: columns.to_vec(), ink: fill.ink });
        self.stripes(columns, fill);
    }

    /// The stripes of `fill` over columns from left to right; all stripes of a picture lie on one grid.
    fn stripes(&mut self, columns: &[Area], fill: Fill) {
        let Some(spacing) = fill.stripes else { return };
        for column in columns.iter().filter(|column| column.height() > 1) {
            let first = column.left + (spacing - column.left.rem_euclid(spacing)) % spacing;
            for x in (first..column.right).step_by(usize::try_from(spacing).unwrap_or(1)) {
                let stripe = vec![(x, column.top), (x, column.bottom)];
                self.path(stripe, STRIPE, 1);
            }
        }
    }

    /// A line through `points`; nothing if there are fewer than two.
    pub(super) fn path(&mut self, points: Vec<(i32, i32)>, ink: Ink, thickness: u32) {
        if points.len() > 1 {
            self.shapes.push(Shape::Path { points, ink, thickness });
        }
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (i32, i32), to: (i32, i32), ink: Ink) {
        self.path(vec![from, to], ink, 1);
    }

    /// A horizontal or vertical line in dashes.
    pub(super) fn dashes(&mut self, from: (i32, i32), to: (i32, i32), ink: Ink) {
        const DASH: i32 = 6;
        const GAP: i32 = 4;
        let ((x0, y0), (x1, y1)) = (from, to);
        let length = (x1 - x0).max(y1 - y0);
        for start in (0..length).step_by((DASH + GAP) as usize) {
            let end = (start + DASH).min(length);
            let along = |step: i32| {
                if y0 == y1 { (x0 + step, y0) } else { (x0, y0 + step) }
            };
            self.path(vec![along(start), along(end)], ink, 2);
        }
    }

    /// A filled circle.
    pub(super) fn dot(&mut self, centre: (i32, i32), radius: u32, ink: Ink) {
        self.shapes.push(Shape::Dot { centre, radius, ink });
    }

    /// A cross, as for a failure.
    pub(super) fn cross(&mut self, (x, y): (i32, i32), arm: i32, ink: Ink) {
        self.path(vec![(x - arm, y - arm), (x + arm, y + arm)], ink, 2);
        self.path(vec![(x - arm, y + arm), (x + arm, y - arm)], ink, 2);
    }

    /// A small remark below what is there.
    pub(super) fn remark(&mut self, text: &str) {
        let y = self.take(22) + 11;
        let face = Face::plain(Size::Label).inked(FAINT);
        self.text((MARGIN, y), text, face, Anchor::Start);
    }

    /// A heading and the legend to its right, in as many rows as they need, below what is there.
    pub(super) fn heading(&mut self, text: &str, legend: &[(Swatch, String)]) {
        const ROW: i32 = 20;
        const SWATCH: i32 = 22;
        let face = Face::bold(Size::Panel);
        let mut y = self.take(ROW + 6) + 14;
        let text = fit(text, face.size, WIDTH - 2 * MARGIN);
        self.text((MARGIN, y), &text, face, Anchor::Start);
        let first = MARGIN + text_width(&text, face.size) + 24;
        let mut x = first;
        for (swatch, name) in legend {
            let name = fit(name, Size::Label, WIDTH / 2);
            let needed = SWATCH + text_width(&name, Size::Label) + 14;
            if x + needed > WIDTH - MARGIN && x > MARGIN {
                x = MARGIN;
                y = self.take(ROW) + 8;
            }
            self.swatch(*swatch, (x, y));
            self.text((x + SWATCH, y), &name, Face::plain(Size::Label), Anchor::Start);
            x += needed;
        }
    }

    fn swatch(&mut self, swatch: Swatch, (x, y): (i32, i32)) {
        let area = Area { left: x, top: y - 6, right: x + 16, bottom: y + 6 };
        match swatch {
            Swatch::Surface(fill) => self.rectangle(area, fill),
            Swatch::Line(ink, thickness) => self.path(vec![(x, y), (x + 16, y)], ink, thickness),
            Swatch::Dashes(ink) => self.dashes((x, y), (x + 16, y), ink),
            Swatch::Bar(ink) => self.path(vec![(x + 8, y - 7), (x + 8, y + 7)], ink, 2),
            Swatch::Dot(ink) => self.dot((x + 8, y), 5, ink),
            Swatch::Cross(ink) => self.cross((x + 8, y), 4, ink),
        }
    }
}
