//! How charts look: colours, sizes, and how numbers and times are written.
//!
//! The colours are those of Okabe and Ito, "Color Universal Design" (2008, <https://jfly.uni-koeln.de/color/>): told
//! apart with every common kind of colour vision, and of different lightness, so that they survive a grey print.
//! None is ever the only bearer of a meaning: patterns, line styles and words say the same.

use crate::text::number::grouped;
use crate::time::SimDuration;

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    /// Red, green and blue.
    pub(super) rgb: (u8, u8, u8),
    /// Opacity in percent.
    pub(super) percent: u8,
}

impl Ink {
    /// An opaque colour.
    pub(super) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { rgb: (red, green, blue), percent: 100 }
    }

    /// The same colour, `percent` opaque.
    pub(super) const fn opacity(self, percent: u8) -> Self {
        Self { rgb: self.rgb, percent }
    }
}

pub(super) const WHITE: Ink = Ink::new(255, 255, 255);
pub(super) const TEXT: Ink = Ink::new(34, 34, 34);
pub(super) const FAINT: Ink = Ink::new(100, 100, 100);
pub(super) const GRID: Ink = Ink::new(222, 222, 222);
pub(super) const SHADE: Ink = Ink::new(90, 90, 90).opacity(13);
pub(super) const SKY: Ink = Ink::new(86, 180, 233);
pub(super) const BLUE: Ink = Ink::new(0, 114, 178);
pub(super) const GREEN: Ink = Ink::new(0, 158, 115);
pub(super) const ORANGE: Ink = Ink::new(230, 159, 0);
pub(super) const YELLOW: Ink = Ink::new(240, 228, 66);
pub(super) const VERMILLION: Ink = Ink::new(213, 94, 0);
pub(super) const PURPLE: Ink = Ink::new(204, 121, 167);
pub(super) const GREY: Ink = Ink::new(190, 190, 190);

/// How large text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// The chart's title.
    Title,
    /// The heading of a panel.
    Panel,
    /// Everything else.
    Label,
}

impl Size {
    /// The height of the font (its em) in pixels.
    pub(super) const fn pixels(self) -> i32 {
        match self {
            Self::Title => 21,
            Self::Panel => 15,
            Self::Label => 13,
        }
    }
}

/// About how wide `text` is in pixels; rather more than less. Whole pixels from a coarse table, so that the layout is
/// the same on every machine; a vector picture is shown in the viewer's own font anyway.
pub(super) fn text_width(text: &str, size: Size) -> i32 {
    let hundredths: i32 = text.chars().map(hundredths_of_em).sum();
    // The larger sizes are set in bold.
    let percent = if size == Size::Label { 100 } else { 116 };
    hundredths * size.pixels() / 100 * percent / 100 + 1
}

fn hundredths_of_em(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | 'I' | '|' | '\'' | ' ' | '.' | ',' | ':' | ';' => 36,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' | '!' => 43,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' | '—' => 100,
        'A'..='Z' | '+' | '=' | '<' | '>' | '#' | '&' | '→' | '·' => 80,
        ' '..='~' => 64,
        _ => 105,
    }
}

/// `text`, or as much of its beginning as fits into `width` pixels, with an ellipsis.
pub(super) fn fit(text: &str, size: Size, width: i32) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if text_width(&short, size) + text_width("…", size) > width {
            short.pop();
            break;
        }
    }
    format!("{}…", short.trim_end())
}

/// A number given in thousandths, in three figures or so, as for an axis: `0.25`, `12`, `1.5k`, `20k`, `1.5M`.
pub(super) fn short(milli: u64) -> String {
    match milli {
        0..1_000_000 => decimal(rounded(milli)),
        1_000_000..1_000_000_000 => format!("{}k", decimal(rounded(milli / 1_000))),
        1_000_000_000..1_000_000_000_000 => format!("{}M", decimal(rounded(milli / 1_000_000))),
        _ => format!("{}G", decimal(rounded(milli / 1_000_000_000))),
    }
}

/// The nearest number with three figures; what is below one keeps its thousandths.
const fn rounded(milli: u64) -> u64 {
    let step = match milli {
        0..1_000 => 1,
        1_000..10_000 => 10,
        10_000..100_000 => 100,
        _ => 1_000,
    };
    (milli + step / 2) / step * step
}

/// A number given in thousandths, in full but without needless zeros.
fn decimal(milli: u64) -> String {
    let (whole, rest) = (grouped(milli / 1_000), milli % 1_000);
    if rest == 0 {
        return whole;
    }
    format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0'))
}

/// `part` of `whole` in percent, with as many digits as it takes not to call something nothing or not all all.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    let thousandths = u64::try_from(u128::from(part) * 100_000 / u128::from(whole)).unwrap_or(u64::MAX);
    match thousandths {
        0 if part > 0 => "< 0.001 %".to_owned(),
        0 | 100_000 => format!("{} %", thousandths / 1_000),
        100..=99_900 => {
            let tenths = (thousandths + 50) / 100;
            format!("{}.{} %", tenths / 10, tenths % 10)
        }
        _ => format!("{} %", decimal(thousandths)),
    }
}

/// A span of time rounded to three figures or so: `30ms`, `1.25s`, `4m5s`, `2h10m`.
pub(super) fn duration(millis: u64) -> String {
    let step = match millis {
        0..1_000 => 1,
        1_000..10_000 => 10,
        10_000..60_000 => 100,
        60_000..3_600_000 => 1_000,
        _ => 60_000,
    };
    SimDuration::from_millis(millis / step * step).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_reading() {
        let cases = [
            (0, "0"),
            (250, "0.25"),
            (12_000, "12"),
            (25_812, "25.8"),
            (1_500_000, "1.5k"),
            (12_345_678, "12.3k"),
            (20_000_000, "20k"),
            (1_500_000_000, "1.5M"),
            (10_000_000_000_000, "10G"),
        ];
        for (milli, expected) in cases {
            assert_eq!(short(milli), expected, "{milli}");
        }
    }

    #[test]
    fn percentages_neither_hide_a_few_nor_claim_all() {
        let cases = [
            (0, 0, "0 %"),
            (0, 5, "0 %"),
            (5, 5, "100 %"),
            (1, 2, "50.0 %"),
            (3_822, 72_177, "5.3 %"),
            (1, 1_000_000_000, "< 0.001 %"),
            (1, 200_000, "< 0.001 %"),
            (1, 10_000, "0.01 %"),
            (9_999, 10_000, "99.99 %"),
            (u64::MAX, u64::MAX, "100 %"),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn long_text_is_cut_to_its_room() {
        let cut = fit("a name that is far too long for its place", Size::Label, 120);
        assert!(cut.ends_with('…') && text_width(&cut, Size::Label) <= 120, "{cut}");
        assert_eq!(fit("short", Size::Label, 120), "short");
    }
}
