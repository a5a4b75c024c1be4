//! A row of a table being written: cells go straight into their place in a block of bytes.
//!
//! A row is made for each event or each observation, so that this is where the time of an output goes. Nothing here
//! allocates, formats through `std::fmt`, or copies a length that only the run time knows without need: a number or a
//! short word is stored as a whole register or two, and what stands behind its end is written over by the next cell.
//! `docs/decisions/009-writing-rows.md` has the figures.
#![expect(clippy::inline_always, reason = "only where a cell's kind is known does its row stay in registers")]

use super::table::Quoted;
use crate::id::RequestId;
use crate::observe::decimal::Decimal;

/// What a cell may take of a block at most, its comma and what is written beyond its end included. Names have their
/// own length on top.
pub(super) const WIDEST_CELL: usize = 64;

/// A cell written once for several places: its text with the comma behind it, short enough to be stored as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    text: [u8; Self::ROOM],
    /// No more than there is room for, in a type that holds no more: what is added to it does not overflow.
    length: u8,
}

impl Ready {
    const ROOM: usize = 32;

    /// The cell of `text`, which needs no quotes or has them; `None` if it is too long.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut cell = Self { text: [0; Self::ROOM], length: u8::try_from(text.len() + 1).ok()? };
        let room = cell.text.get_mut(..=text.len())?;
        room[..text.len()].copy_from_slice(text.as_bytes());
        room[text.len()] = b',';
        Some(cell)
    }

    /// The cell of an integer.
    #[inline(always)]
    pub(super) fn integer(value: u64) -> Self {
        let mut text = [0; Self::ROOM];
        let digits = digits(&mut text, value);
        text[digits] = b',';
        Self { text, length: digits.to_le_bytes()[0] + 1 }
    }
}

/// A row being written.
#[derive(Debug)]
pub(super) struct Line<'b> {
    block: &'b mut [u8],
    at: usize,
}

impl<'b> Line<'b> {
    /// A row that begins at the start of `block`, in which there is room for it.
    #[inline(always)]
    pub(super) const fn new(block: &'b mut [u8]) -> Self {
        Self { block, at: 0 }
    }

    /// Ends the row and tells its length.
    #[inline(always)]
    pub(super) fn end(self) -> usize {
        self.block[self.at - 1] = b'\n';
        self.at
    }

    /// How wide the row is so far.
    pub(super) const fn width(self) -> usize {
        self.at
    }

    /// A cell that does not apply.
    #[inline(always)]
    pub(super) fn empty(&mut self) {
        self.put([b','], 1);
    }

    /// An integer.
    #[inline(always)]
    pub(super) fn integer(&mut self, value: u64) {
        if value < 10 {
            self.put([b'0' + value.to_le_bytes()[0], b','], 2);
        } else {
            self.at += digits(self.place(), value);
            self.empty();
        }
    }

    /// `true` or `false`.
    #[inline(always)]
    pub(super) fn flag(&mut self, value: bool) {
        let (text, length) = if value { (*b"true,\0", 5) } else { (*b"false,", 6) };
        self.put(text, length);
    }

    /// A word of this program: nothing in it needs quotes.
    #[inline(always)]
    pub(super) fn word(&mut self, word: &str) {
        self.bytes(word.as_bytes());
        self.empty();
    }

    /// A cell that is ready.
    #[inline(always)]
    pub(super) fn ready(&mut self, cell: &Ready) {
        self.put(cell.text, usize::from(cell.length));
    }

    /// A name from the scenario, as its cell.
    #[inline(always)]
    pub(super) fn quoted(&mut self, name: &Quoted) {
        match name.ready() {
            Some(cell) => self.ready(cell),
            None => self.bytes(name.cell()),
        }
    }

    /// A request id.
    #[inline(always)]
    pub(super) fn request(&mut self, id: RequestId) {
        id.write(self.place());
        self.at += RequestId::WIDTH;
        self.empty();
    }

    /// A number with a fixed number of places.
    #[inline(always)]
    pub(super) fn decimal(&mut self, value: Decimal) {
        self.at += decimal(self.place(), value);
        self.empty();
    }

    /// Bytes of any length.
    #[inline(always)]
    fn bytes(&mut self, bytes: &[u8]) {
        copy(bytes, &mut self.block[self.at..][..bytes.len()]);
        self.at += bytes.len();
    }

    /// Writes all of `bytes`, of which only the first `used` stay.
    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N], used: usize) {
        *self.place() = bytes;
        self.at += used;
    }

    /// The next bytes of the row.
    #[inline(always)]
    fn place<const N: usize>(&mut self) -> &mut [u8; N] {
        self.block[self.at..].first_chunk_mut().expect("the block has room for a row")
    }
}

/// Copies bytes of any length: up to 32, by two copies of a fixed length that overlap.
#[inline]
fn copy(from: &[u8], to: &mut [u8]) {
    match from.len() {
        16..=32 => both_ends::<16>(from, to),
        8..16 => both_ends::<8>(from, to),
        4..8 => both_ends::<4>(from, to),
        2..4 => both_ends::<2>(from, to),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last `N` bytes: all, if there are `N` to `2 N`.
#[inline(always)]
fn both_ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
        *to = *from;
    }
    if let (Some(from), Some(to)) = (from.last_chunk::<N>(), to.last_chunk_mut::<N>()) {
        *to = *from;
    }
}

/// Room for the digits of any integer, and for what the last register writes beyond them.
const WIDEST_INTEGER: usize = Ready::ROOM;

/// Writes the digits of `value` and tells how many there are.
fn digits(place: &mut [u8; WIDEST_INTEGER], value: u64) -> usize {
    match (value / E8, value % E8) {
        (0, low) => leading_digits(place, low),
        (high @ 0..E8, low) => {
            let at = leading_digits(place, high);
            all_digits(place, at, low)
        }
        (high, low) => {
            let at = leading_digits(place, high / E8);
            let at = all_digits(place, at, high % E8);
            all_digits(place, at, low)
        }
    }
}

/// Writes the digits of a number below 10^8 without zeros in front, and tells how many there are.
#[inline(always)]
fn leading_digits(place: &mut [u8; WIDEST_INTEGER], value: u64) -> usize {
    let digits = eight_digits(value);
    // A lone zero is a digit.
    let zeros = ((digits ^ ZEROS).trailing_zeros() / 8).min(7);
    put(place, 0, (digits >> (8 * zeros)).to_le_bytes());
    8 - zeros as usize
}

#[inline(always)]
fn all_digits(place: &mut [u8], at: usize, value: u64) -> usize {
    put(place, at, eight_digits(value).to_le_bytes());
    at + 8
}

#[inline(always)]
fn put<const N: usize>(place: &mut [u8], at: usize, bytes: [u8; N]) {
    *place[at..].first_chunk_mut().expect("there is room for it") = bytes;
}

/// Room for any decimal of up to 16 places.
const WIDEST_DECIMAL: usize = 48;

/// Writes `value` and tells its width.
fn decimal(place: &mut [u8; WIDEST_DECIMAL], value: Decimal) -> usize {
    let (Ok(units), places @ 0..=16) = (u64::try_from(value.units()), value.places()) else {
        let text = value.to_string();
        place[..text.len()].copy_from_slice(text.as_bytes());
        return text.len();
    };
    // Money has twelve places: what it is divided by should be known here.
    if places == 12 { places_of(place, units, 12) } else { places_of(place, units, places) }
}

#[inline(always)]
fn places_of(place: &mut [u8; WIDEST_DECIMAL], units: u64, places: u8) -> usize {
    let scale = 10_u64.pow(u32::from(places));
    let (whole, rest) = (units / scale, units % scale);
    let at = if whole < 10 {
        place[0] = b'0' + whole.to_le_bytes()[0];
        1
    } else {
        digits(place.first_chunk_mut().expect("a decimal is wider than an integer"), whole)
    };
    if places == 0 {
        return at;
    }
    place[at] = b'.';
    let padded = u128::from(eight_digits(rest / E8)) | u128::from(eight_digits(rest % E8)) << 64;
    let behind = padded >> (8 * (16 - u32::from(places)));
    put(place, at + 1, behind.to_le_bytes());
    at + 1 + usize::from(places)
}

const E8: u64 = 100_000_000;
/// Eight zeros as text.
const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// The eight digits of a number below 10^8 as text, the first in the lowest byte: halves, quarters and digits are
/// divided side by side in one register. The factors are reciprocals, exact for the numbers that can occur.
#[inline(always)]
const fn eight_digits(value: u64) -> u64 {
    let halves = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = halves.wrapping_mul(10_486) >> 20 & 0x0000_007f_0000_007f;
    let pairs = hundreds | halves.wrapping_sub(hundreds.wrapping_mul(100)) << 16;
    let tens = pairs.wrapping_mul(103) >> 10 & 0x000f_000f_000f_000f;
    (tens | pairs.wrapping_sub(tens.wrapping_mul(10)) << 8).wrapping_add(ZEROS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut block = [b'#'; 256];
        let mut line = Line::new(&mut block);
        write(&mut line);
        let length = line.end();
        String::from_utf8(block[..length].to_vec()).unwrap()
    }

    #[test]
    fn integers_of_every_width() {
        for power in 0..20 {
            let ten = 10_u64.pow(power);
            for value in [ten - 1, ten, ten + 1, ten.saturating_mul(9), u64::MAX] {
                assert_eq!(written(|line| line.integer(value)), format!("{value}\n"));
            }
        }
    }

    /// All numbers of one register would take a while; these are those that differ in each step of the division.
    #[test]
    fn eight_digits_of_every_half() {
        for half in 0..10_000 {
            for value in [half, half * 10_000, half * 10_000 + 9_999 - half] {
                let digits = eight_digits(value).to_le_bytes();
                assert_eq!(std::str::from_utf8(&digits).unwrap(), format!("{value:08}"));
            }
        }
    }

    #[test]
    fn words_of_every_length() {
        let text = "The quick brown fox jumps over a lazy dog: 46";
        for length in 0..=text.len() {
            let word = &text[..length];
            let row = written(|line| {
                line.word(word);
                line.flag(true);
                line.flag(false);
                line.empty();
            });
            assert_eq!(row, format!("{word},true,false,\n"));
        }
    }

    #[test]
    fn decimals_beyond_64_bits_and_of_many_places() {
        for (units, places) in [(u128::MAX, 12), (u128::from(u64::MAX), 16), (1, 17), (5, 30)] {
            let value = Decimal::new(units, places);
            assert_eq!(written(|line| line.decimal(value)), format!("{value}\n"));
        }
    }

    proptest! {
        #[test]
        fn integers_are_as_std_formats_them(value: u64, shift in 0_u32..64) {
            let value = value >> shift;
            prop_assert_eq!(written(|line| line.integer(value)), format!("{value}\n"));
        }

        #[test]
        fn decimals_are_as_std_formats_them(units: u128, shift in 0_u32..128, places in 0_u8..20) {
            let value = Decimal::new(units >> shift, places);
            prop_assert_eq!(written(|line| line.decimal(value)), format!("{value}\n"));
        }

        #[test]
        fn request_ids_are_as_std_formats_them(high: u64, low: u64) {
            let id = RequestId { high, low };
            let expected = format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}\n",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xfff,
                low >> 48 & 0x3fff | 0x8000,
                low & 0xffff_ffff_ffff
            );
            prop_assert_eq!(written(|line| line.request(id)), expected);
        }
    }
}
