//! CSV as all our tables are written: UTF-8, LF, a header always, quotes where RFC 4180 asks for them.
//!
//! A file is defined in one place, as a list of columns: a name and how to find its cell in a row. Cells are written
//! without allocating.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::id::RequestId;
use crate::observe::decimal::Decimal;

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
}

impl Cell<'_> {
    /// The integer, if there is one.
    pub fn integer(value: Option<u64>) -> Self {
        value.map_or(Self::Empty, Self::Integer)
    }
}

/// A table being written.
pub struct Table<W: Write> {
    writer: csv::Writer<W>,
    digits: itoa::Buffer,
    scratch: String,
    error: Option<io::Error>,
}

impl<W: Write> Table<W> {
    /// A table with the columns `names`.
    pub fn new<'a>(writer: W, names: impl Iterator<Item = &'a str>) -> Self {
        let mut builder = csv::WriterBuilder::new();
        builder.terminator(csv::Terminator::Any(b'\n'));
        let mut table = Self {
            writer: builder.from_writer(writer),
            digits: itoa::Buffer::new(),
            scratch: String::new(),
            error: None,
        };
        table.row(names.map(Cell::Word));
        table
    }

    /// Writes a row; after the first error, nothing.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        if self.error.is_none()
            && let Err(error) = self.try_row(cells)
        {
            self.error = Some(cause_of(error));
        }
    }

    /// Writes what is still buffered and returns the writer.
    ///
    /// # Errors
    /// The first error of all.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.writer.flush()?;
        let writer = self.writer.into_inner();
        writer.map_err(|error| io::Error::from(error.error().kind()))
    }

    fn try_row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> csv::Result<()> {
        for cell in cells {
            self.cell(cell)?;
        }
        self.writer.write_record(None::<&[u8]>)
    }

    fn cell(&mut self, cell: Cell<'_>) -> csv::Result<()> {
        match cell {
            Cell::Empty => self.writer.write_field(""),
            Cell::Integer(value) => self.writer.write_field(self.digits.format(value)),
            Cell::Flag(true) => self.writer.write_field("true"),
            Cell::Flag(false) => self.writer.write_field("false"),
            Cell::Word(word) => self.writer.write_field(word),
            Cell::Name(name) if !name.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                self.writer.write_field(name)
            }
            Cell::Name(name) => self.formatted(format_args!("'{name}")),
            Cell::Request(id) => self.formatted(format_args!("{id}")),
            Cell::Real(value, places) => self.formatted(format_args!("{value:.0$}", usize::from(places))),
            Cell::Decimal(value) => self.formatted(format_args!("{value}")),
        }
    }

    fn formatted(&mut self, text: std::fmt::Arguments<'_>) -> csv::Result<()> {
        self.scratch.clear();
        self.scratch.write_fmt(text).expect("a string takes every text");
        self.writer.write_field(&self.scratch)
    }
}

/// The writer's own error, which knows its file; csv's conversion would hide its kind.
fn cause_of(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::test_support::FailingWriter;

    fn written(cells: &[Cell<'_>]) -> String {
        let mut table = Table::new(Vec::new(), ["column"].into_iter().cycle().take(cells.len()));
        table.row(cells.iter().copied());
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        text.lines().skip(1).collect::<Vec<_>>().join("\n")
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
        ];
        assert_eq!(written(&cells), "18446744073709551615,,true,1.500,-0.50,orders");
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
