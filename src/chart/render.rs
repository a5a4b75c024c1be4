//! The one place that knows plotters: shapes become SVG text or PNG pixels.
//!
//! All coordinates are whole pixels, and SVG text is placed by the viewer, so that the bytes of an SVG do not depend
//! on the machine. A PNG is drawn at twice the size, for screens that have the pixels.

use super::Format;
use super::drawing::{Anchor, Area, Drawing, Face, Shape, WIDTH};
use super::style::{Ink, WHITE};
use crate::scenario::problem::is_bidi_control;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle, register_font};
use std::sync::Once;

/// `DejaVu Sans` for pictures in pixels; see `font/LICENSE.txt`.
const REGULAR: &[u8] = include_bytes!("font/dejavu-sans.ttf");
const BOLD: &[u8] = include_bytes!("font/dejavu-sans-bold.ttf");
/// In an SVG the generic family: the viewer's own sans-serif font.
const FAMILY: FontFamily<'static> = FontFamily::SansSerif;
/// Pixels of a PNG for each pixel of the layout.
const PNG_SCALE: i32 = 2;
/// Plotters gives a font's line height where others give its em.
const LINE_HEIGHT_PERCENT: i32 = 124;

/// The bytes of `drawing` in `format`.
pub(super) fn render(drawing: &Drawing, format: Format) -> Vec<u8> {
    static FONTS: Once = Once::new();
    FONTS.call_once(register_fonts);
    match format {
        Format::Svg => svg(drawing),
        Format::Png => png(drawing),
    }
}

fn register_fonts() {
    for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)] {
        let registered = register_font(FAMILY.as_str(), style, bytes);
        assert!(registered.is_ok(), "the embedded fonts are valid");
    }
}

fn svg(drawing: &Drawing) -> Vec<u8> {
    let mut text = String::new();
    let mut backend = SVGBackend::with_string(&mut text, size(drawing, 1));
    Pen {
        backend: &mut backend,
        scale: 1,
        // An SVG sits its text on the middle of the small letters already.
        baseline_percent: 0,
    }
    .draw(drawing);
    drop(backend);
    text.into_bytes()
}

fn png(drawing: &Drawing) -> Vec<u8> {
    let (width, height) = size(drawing, PNG_SCALE);
    let mut pixels = vec![255; width as usize * height as usize * 3];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    Pen { backend: &mut backend, scale: PNG_SCALE, baseline_percent: 20 }.draw(drawing);
    drop(backend);
    encode_png(&pixels, width, height).expect("writing to memory cannot fail")
}

fn encode_png(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

fn size(drawing: &Drawing, scale: i32) -> (u32, u32) {
    ((WIDTH * scale).unsigned_abs(), (drawing.height * scale).unsigned_abs())
}

/// Draws shapes on a plotters backend. A backend in memory never fails.
struct Pen<'a, B: DrawingBackend> {
    backend: &'a mut B,
    scale: i32,
    /// By how much of its em a text is moved down so that its middle is where it should be.
    baseline_percent: i32,
}

impl<B: DrawingBackend> Pen<'_, B> {
    fn draw(&mut self, drawing: &Drawing) {
        let page = Area { left: 0, top: 0, right: WIDTH, bottom: drawing.height };
        self.rectangle(page, WHITE);
        for shape in &drawing.shapes {
            self.shape(shape);
        }
        self.backend.present().expect("memory takes everything");
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Rectangle { area, ink } => self.rectangle(*area, *ink),
            Shape::Columns { columns, ink } => self.columns(columns, *ink),
            Shape::Path { points, ink, thickness } => self.path(points, *ink, *thickness),
            Shape::Dot { centre, radius, ink } => self.dot(*centre, *radius, *ink),
            Shape::Text { at, text, face, anchor } => self.text(*at, text, *face, *anchor),
        }
    }

    fn rectangle(&mut self, area: Area, ink: Ink) {
        let upper_left = self.point((area.left, area.top));
        let lower_right = self.point((area.right, area.bottom));
        let drawn = self.backend.draw_rect(upper_left, lower_right, &filled(ink), true);
        assert!(drawn.is_ok(), "memory takes everything");
    }

    /// As one polygon in an SVG; column by column in a bitmap, whose polygons have soft edges.
    fn columns(&mut self, columns: &[Area], ink: Ink) {
        if self.scale > 1 {
            for column in columns.iter().filter(|column| column.height() > 0 && column.width() > 0) {
                self.rectangle(*column, ink);
            }
            return;
        }
        let tops = columns.iter().flat_map(|c| [(c.left, c.top), (c.right, c.top)]);
        let bottoms = columns.iter().rev().flat_map(|c| [(c.right, c.bottom), (c.left, c.bottom)]);
        let mut outline: Vec<_> = tops.chain(bottoms).collect();
        outline.dedup();
        let drawn = self.backend.fill_polygon(outline, &filled(ink));
        assert!(drawn.is_ok(), "memory takes everything");
    }

    fn path(&mut self, points: &[(i32, i32)], ink: Ink, thickness: u32) {
        let style = filled(ink).stroke_width(thickness * self.scale.unsigned_abs());
        let points: Vec<_> = points.iter().map(|point| self.point(*point)).collect();
        let drawn = self.backend.draw_path(points, &style);
        assert!(drawn.is_ok(), "memory takes everything");
    }

    fn dot(&mut self, centre: (i32, i32), radius: u32, ink: Ink) {
        let centre = self.point(centre);
        let radius = radius * self.scale.unsigned_abs();
        let drawn = self.backend.draw_circle(centre, radius, &filled(ink), true);
        assert!(drawn.is_ok(), "memory takes everything");
    }

    fn text(&mut self, at: (i32, i32), text: &str, face: Face, anchor: Anchor) {
        let em = face.size.pixels() * self.scale;
        let weight = if face.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FAMILY, f64::from(em * LINE_HEIGHT_PERCENT) / 100.0, weight);
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let ink = color(face.ink);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(horizontal, VPos::Center));
        let (x, y) = self.point(at);
        let text = printable(text);
        let drawn = self.backend.draw_text(&text, &style, (x, y + em * self.baseline_percent / 100));
        assert!(drawn.is_ok(), "the fonts are registered and memory takes everything");
    }

    fn point(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x * self.scale, y * self.scale)
    }
}

/// `text` without the characters that XML forbids even when they are escaped, and without those that turn the text
/// around them.
fn printable(text: &str) -> String {
    let visible = |c: char| {
        let forbidden = c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
        if forbidden || is_bidi_control(c) { '\u{25a1}' } else { c }
    };
    text.chars().map(visible).collect()
}

fn color(ink: Ink) -> RGBAColor {
    let (red, green, blue) = ink.rgb;
    RGBAColor(red, green, blue, f64::from(ink.percent) / 100.0)
}

fn filled(ink: Ink) -> ShapeStyle {
    ShapeStyle { color: color(ink), filled: true, stroke_width: 1 }
}
