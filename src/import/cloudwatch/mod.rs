//! Measured metrics of CloudWatch become a scenario: arrivals per period, failures, durations, concurrency.
//!
//! Metrics are sums and percentiles: what they do not say is assumed, and each assumption is a note. How near the
//! scenario comes to what was measured is stated in `docs/import.md` and held by a round trip through `export
//! cloudwatch`.

mod answers;
mod estimate;
pub mod measured;
mod scenario;
mod table;

use super::SourceFile;
use super::book::{Book, Note, Origin, Problem};
use measured::Measured;

/// What is given beside the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the columns of tables mean: roles and names of columns.
    pub columns: Vec<(String, String)>,
    /// The function of files that do not name one.
    pub function: Option<String>,
    /// The name of the file of arrivals, beside the scenario.
    pub arrivals_file: String,
}

/// A scenario made of metrics, and the file of arrivals that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The scenario: JSON with comments.
    pub scenario: String,
    /// The arrivals: a row for each period, a column for each function.
    pub arrivals: Vec<u8>,
    /// The functions.
    pub functions: Vec<String>,
    /// What was taken, assumed or ignored.
    pub notes: Vec<Note>,
}

/// Reads metrics: answers of `get-metric-data` and `get-metric-statistics`, their queries, and tables.
///
/// # Errors
/// Files that cannot be read, and files without a sample of a metric of Lambda.
pub fn read(files: &[SourceFile], options: &Options) -> Result<(Measured, Vec<Note>), Vec<Problem>> {
    let mut book = Book::default();
    let measured = collect(files, options, &mut book);
    Ok((measured, book.close()?))
}

/// Makes a scenario of metrics.
///
/// # Errors
/// Those of [`read`], and metrics of which none can be made.
pub fn import(files: &[SourceFile], options: &Options) -> Result<Imported, Vec<Problem>> {
    let mut book = Book::default();
    let measured = collect(files, options, &mut book);
    if !book.problems.is_empty() {
        return Err(book.close().err().unwrap_or_default());
    }
    let made = scenario::make(&measured, options, &mut book);
    let notes = book.close()?;
    Ok(Imported { scenario: made.text, arrivals: made.arrivals, functions: made.functions, notes })
}

fn collect(files: &[SourceFile], options: &Options, book: &mut Book) -> Measured {
    let mut measured = Measured::default();
    let queries = answers::queries(files);
    for file in files {
        let done = if answers::is_table(&file.name) {
            table::read(file, options, &mut measured)
        } else {
            answers::read(file, &queries, options, &mut measured, book)
        };
        if let Err(problem) = done {
            book.problems.push(*problem);
        }
    }
    if book.problems.is_empty() && measured.functions().next().is_none() {
        let hint = "ask CloudWatch for AsyncEventsReceived, Invocations, Errors, Throttles, Duration and \
                    ConcurrentExecutions of the namespace AWS/Lambda, with the dimension FunctionName";
        book.problem(Origin::new("", 0, ""), "there is no sample of a function's metrics in the files", hint);
    }
    measured
}
