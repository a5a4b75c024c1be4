//! CSV as all our tables are written: UTF-8, LF, a header always, quotes where RFC 4180 asks for them.
//!
//! A file is defined in one place, as a list of columns: a name and how to find its cell in a row. A table with a row
//! for each event is written by `write_row`, whose cells cost next to nothing (see `line.rs`); any other by
//! [`Table::row`], which takes all cells.

use std::io::{self, Write};

use super::line::{Line, Ready, WIDEST_CELL};
use crate::id::RequestId;
use crate::observe::decimal::Decimal;

/// Rows are handed on when they are about so many bytes: few enough to stay in the processor's nearest cache.
const BLOCK: usize = 1 << 14;

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Not applicable.
    Empty,
    /// An integer.
    Integer(u64),
    /// A number with a fixed number of places.
    Decimal(Decimal),
    /// A real number, to so many places.
    Real(f64, u8),
    /// `true` or `false`.
    Flag(bool),
    /// A request id.
    Request(RequestId),
    /// A word of this program.
    Word(&'a str),
    /// A name from the scenario. A spreadsheet takes a cell that starts with `=`, `+`, `-` or `@` for a formula
    /// (CWE-1236), so such a name gets an apostrophe in front.
    Name(&'a str),
    /// The same, quoted before.
    Quoted(&'a Quoted),
    /// Whatever was written before.
    Ready(&'a Ready),
}

impl Cell<'_> {
    /// The integer, if there is one.
    #[inline]
    pub fn integer(value: Option<u64>) -> Self {
        value.map_or(Self::Empty, Self::Integer)
    }

    /// Writes the cell, of which `text` is not longer than there is room for.
    #[expect(clippy::inline_always, reason = "where the kind is known, so is what to do")]
    #[inline(always)]
    pub(super) fn write(self, line: &mut Line<'_>) {
        match self {
            Self::Empty => line.empty(),
            Self::Integer(value) => line.integer(value),
            Self::Decimal(value) => line.decimal(value),
            Self::Real(value, places) => line.word(&format!("{value:.0$}", usize::from(places))),
            Self::Flag(value) => line.flag(value),
            Self::Request(id) => line.request(id),
            Self::Word(word) => line.word(word),
            Self::Name(name) => line.quoted(&Quoted::new(name)),
            Self::Quoted(name) => line.quoted(name),
            Self::Ready(cell) => line.ready(cell),
        }
    }

    /// The bytes that its text may take beyond those that any cell may take: quotes can double it.
    const fn text(&self) -> usize {
        match self {
            Self::Word(text) | Self::Name(text) => 2 * text.len(),
            Self::Quoted(name) => name.cell.len(),
            // The largest number has 309 digits.
            Self::Real(_, places) => 310 + *places as usize,
            Self::Empty
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::Flag(_)
            | Self::Request(_)
            | Self::Ready(_) => 0,
        }
    }
}

/// A name as a cell of a table: quoted once, for all the rows that it will stand in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// With the comma behind it.
    cell: Box<[u8]>,
    /// The same, if it is short.
    ready: Option<Ready>,
}

impl Quoted {
    /// `name` as a cell.
    pub fn new(name: &str) -> Self {
        let is_formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if is_formula { Self::verbatim(&format!("'{name}")) } else { Self::verbatim(name) }
    }

    fn verbatim(text: &str) -> Self {
        let mut builder = csv::WriterBuilder::new();
        let mut writer = builder.buffer_capacity(text.len() + 8).from_writer(Vec::new());
        writer.write_record([text, ""]).expect("two cells fit into memory");
        let mut cell = writer.into_inner().expect("memory takes every byte");
        let end = cell.pop();
        assert_eq!(end, Some(b'\n'), "the second cell is empty");
        let text = cell.strip_suffix(b",").and_then(|text| str::from_utf8(text).ok());
        Self { ready: text.and_then(Ready::of), cell: cell.into() }
    }

    #[inline]
    pub(super) const fn ready(&self) -> Option<&Ready> {
        self.ready.as_ref()
    }

    pub(super) fn cell(&self) -> &[u8] {
        &self.cell
    }
}

/// A table being written.
#[derive(Debug)]
pub struct Table<W: Write> {
    writer: W,
    block: Vec<u8>,
    /// So much of the block is rows.
    used: usize,
    /// What a row may take, names and other text left out.
    widest_row: usize,
    error: Option<io::Error>,
}

impl<W: Write> Table<W> {
    /// A table with the columns `names`.
    pub fn new<'a>(writer: W, names: impl Iterator<Item = &'a str>) -> Self {
        let mut table = Self::headless(writer);
        let mut columns = 0;
        table.row(names.inspect(|_| columns += 1).map(Cell::Word));
        table.widest_row = WIDEST_CELL * (columns + 1);
        table
    }

    /// A table without a header, for rows that go where one is.
    pub fn headless(writer: W) -> Self {
        Self { writer, block: vec![0; BLOCK], used: 0, widest_row: 0, error: None }
    }

    /// Writes a row; after the first error, nothing.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        for cell in cells {
            let quoted = match cell {
                Cell::Word(word) if word.contains([',', '"', '\r', '\n']) => Some(Quoted::verbatim(word)),
                _ => None,
            };
            let cell = quoted.as_ref().map_or(cell, Cell::Quoted);
            self.make_room(WIDEST_CELL + cell.text());
            let mut line = Line::new(&mut self.block[self.used..]);
            cell.write(&mut line);
            self.used += line.width();
        }
        self.block[self.used - 1] = b'\n';
    }

    /// Writes the row that `write` writes, with names of no more than `names` bytes together; after the first error,
    /// nothing.
    #[inline]
    pub(super) fn write_row(&mut self, names: usize, write: impl FnOnce(&mut Line<'_>)) {
        self.make_room(self.widest_row + names);
        let mut line = Line::new(&mut self.block[self.used..]);
        write(&mut line);
        self.used += line.end();
    }

    /// Writes what is still here and returns the writer.
    ///
    /// # Errors
    /// The first error of all.
    pub fn finish(mut self) -> io::Result<W> {
        self.hand_on();
        if let Some(error) = self.error {
            return Err(error);
        }
        self.writer.flush()?;
        Ok(self.writer)
    }

    #[inline]
    fn make_room(&mut self, bytes: usize) {
        if self.block.len() - self.used < bytes {
            self.hand_on();
            if self.block.len() < bytes {
                self.block.resize(bytes, 0);
            }
        }
    }

    #[cold]
    fn hand_on(&mut self) {
        if self.error.is_none()
            && let Err(error) = self.writer.write_all(&self.block[..self.used])
        {
            self.error = Some(error);
        }
        self.used = 0;
    }
}

/// Defines the columns of a table in one place: a constant with their names, and a function that writes a row. Each
/// cell is an expression of the row, and the compiler sees which kind of cell it is.
macro_rules! columns {
    (
        $(#[$doc:meta])* $names:ident;
        fn $write:ident($row:ident: $Row:ty);
        $($name:literal => $cell:expr,)+
    ) => {
        $(#[$doc])*
        const $names: &[&str] = &[$($name),+];

        #[inline]
        fn $write($row: $Row, line: &mut $crate::sink::line::Line<'_>) {
            $($crate::sink::table::Cell::write($cell, line);)+
        }
    };
}
pub(super) use columns;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::test_support::FailingWriter;
    use proptest::prelude::*;

    fn written(cells: &[Cell<'_>]) -> String {
        let mut table = Table::new(Vec::new(), ["column"].into_iter().cycle().take(cells.len()));
        table.row(cells.iter().copied());
        let names: usize = cells.iter().map(Cell::text).sum();
        table.write_row(names, |line| cells.iter().for_each(|cell| cell.write(line)));
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        let rows = &text["column,".len() * cells.len()..];
        let (one, other) = rows.split_at(rows.len() / 2);
        assert_eq!(one, other, "both ways write the same");
        one.strip_suffix('\n').unwrap().to_owned()
    }

    #[test]
    fn cells_look_like_this() {
        let cells = [
            Cell::Integer(u64::MAX),
            Cell::Empty,
            Cell::Flag(true),
            Cell::Decimal(Decimal::new(1_500, 3)),
            Cell::Real(-0.5, 2),
            Cell::Name("orders"),
            Cell::Quoted(&Quoted::new("a,b")),
        ];
        assert_eq!(written(&cells), "18446744073709551615,,true,1.500,-0.50,orders,\"a,b\"");
    }

    #[test]
    fn names_are_quoted_and_never_become_formulas() {
        let cases = [
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("=cmd|'/c calc'!A1,2", "\"'=cmd|'/c calc'!A1,2\""),
        ];
        for (name, expected) in cases {
            assert_eq!(written(&[Cell::Name(name)]), expected);
        }
    }

    proptest! {
        /// Whatever a name is, a reader of CSV gets it back, in its place.
        #[test]
        fn names_come_back_from_a_reader(name in "\\PC*|[,\"\r\n=+@a-]*", number: u64) {
            let name = format!("n{name}");
            let text = written(&[Cell::Integer(number), Cell::Name(&name), Cell::Flag(false)]);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(record.iter().collect::<Vec<_>>(), [&number.to_string(), &name, "false"]);
        }
    }

    #[test]
    fn a_text_may_be_longer_than_a_block_and_a_heading_need_quotes() {
        let text = "x".repeat(3 * BLOCK);
        let mut table = Table::new(Vec::new(), ["a, b", "end"].into_iter());
        let name = Quoted::new(&text);
        table.write_row(name.cell().len(), |line| {
            line.quoted(&name);
            line.flag(true);
        });
        table.row([Cell::Name(&text), Cell::Real(f64::MAX, 1)].into_iter());
        let expected = format!("\"a, b\",end\n{text},true\n{text},{:.1}\n", f64::MAX);
        assert!(table.finish().unwrap() == expected.as_bytes());
    }

    #[test]
    fn the_first_error_is_kept_and_returned_at_the_end() {
        for after in [0, 1, 2] {
            let mut table = Table::new(FailingWriter::after(after), ["number"].into_iter());
            for number in 0..100_000 {
                table.row([Cell::Integer(number)].into_iter());
            }
            let error = table.finish().err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
    }
}
