//! The yardstick of the timeline: a program that does nothing but format and write rows.
//!
//! It reads some rows of a finished `timeline.csv` and takes them apart into numbers and words. Then the clock
//! starts, and it formats and writes them, again and again, until as many rows are written as the file has; the
//! file is synced, as a run's files are, and the clock stops. No simulation, no digest, no branch on what a row means.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const ROWS: &str = "--rows";
/// Rows are taken from this many places of the file …
const PLACES: u64 = 200;
/// … so many from each.
const ROWS_OF_A_PLACE: usize = 50;

/// A field of a row.
enum Field {
    Nothing,
    Number(u64),
    Word(Box<str>),
}

/// The arguments that make this program write `rows` rows like those in `from` to `to`.
pub(crate) fn command(from: &Path, to: &Path, rows: u64) -> Vec<String> {
    vec![ROWS.to_owned(), from.display().to_string(), to.display().to_string(), rows.to_string()]
}

/// If this process was started by [`command`]: does it, and says how long it took.
pub(crate) fn is_row_writer() -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mark, from, to, rows] = args.as_slice() else { return false };
    if mark != ROWS {
        return false;
    }
    let sample = read(Path::new(from));
    let started = Instant::now();
    write(&sample, Path::new(to), rows.parse().expect("a number"));
    println!("rows_ns {}", started.elapsed().as_nanos());
    true
}

/// How long the rows took, from what the process said.
pub(crate) fn time_of(said: &str) -> Duration {
    let nanos = said.trim().strip_prefix("rows_ns ").and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("the process says how long it took"))
}

/// Rows and bytes of a file.
pub(crate) fn size_of(path: &Path) -> (u64, u64) {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).expect("the file was written"));
    let (mut rows, mut bytes) = (0, 0);
    loop {
        let block = file.fill_buf().expect("a readable file");
        if block.is_empty() {
            return (rows, bytes);
        }
        rows += block.split(|byte| *byte == b'\n').count() as u64 - 1;
        let length = block.len();
        bytes += length as u64;
        file.consume(length);
    }
}

/// Rows from places spread evenly over the file, so that all kinds of them are there in their proportion.
fn read(path: &Path) -> Vec<Vec<Field>> {
    let mut file = BufReader::new(File::open(path).expect("the file was written"));
    let length = file.get_ref().metadata().expect("the file is there").len();
    let mut sample = Vec::new();
    for place in 0..PLACES {
        file.seek(SeekFrom::Start(length / PLACES * place)).expect("a file");
        // The heading, or the rest of a row.
        file.read_until(b'\n', &mut Vec::new()).expect("a readable file");
        let rows = file.by_ref().lines().take(ROWS_OF_A_PLACE).map(|row| row.expect("plain text"));
        sample.extend(rows.map(|row| row.split(',').map(field).collect::<Vec<_>>()));
    }
    sample
}

fn field(text: &str) -> Field {
    match text.parse() {
        _ if text.is_empty() => Field::Nothing,
        Ok(number) => Field::Number(number),
        Err(_) => Field::Word(text.into()),
    }
}

fn write(sample: &[Vec<Field>], to: &Path, rows: u64) {
    let mut file = BufWriter::with_capacity(1 << 16, File::create(to).expect("a writable folder"));
    let (mut line, mut digits) = (Vec::new(), itoa::Buffer::new());
    let rows = usize::try_from(rows).expect("rows can be counted");
    for row in sample.iter().cycle().take(rows) {
        for field in row {
            match field {
                Field::Nothing => {}
                Field::Number(number) => line.extend_from_slice(digits.format(*number).as_bytes()),
                Field::Word(word) => line.extend_from_slice(word.as_bytes()),
            }
            line.push(b',');
        }
        line.pop();
        line.push(b'\n');
        file.write_all(&line).expect("a writable file");
        line.clear();
    }
    let file = file.into_inner().expect("a writable file");
    file.sync_all().expect("a writable file");
}
