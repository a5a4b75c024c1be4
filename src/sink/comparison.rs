//! A stored file beside the bytes that a run would write into it again: where do they part?

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// No line is kept beyond so many bytes.
const LONGEST: usize = 1 << 16;

/// The first difference of a stored file from what is written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The line in which they differ, from 1.
    pub line: u64,
    /// How many bytes from the beginning are equal.
    pub byte: u64,
    /// The stored line without its end; `None` if the file ends before it.
    pub stored: Option<String>,
    /// The line as it is written again; `None` if nothing more is written.
    pub again: Option<String>,
}

/// A stored file that is read along while it is written again.
#[derive(Debug)]
pub(super) struct Comparison {
    stored: BufReader<File>,
    /// Bytes and whole lines that are equal so far, and where the line at hand begins.
    equal: u64,
    lines: u64,
    line_start: u64,
    /// Once they have parted: the line as it is written again, and whether it is whole.
    parted: Option<(Vec<u8>, bool)>,
}

impl Comparison {
    pub(super) fn with(stored: File) -> Self {
        Self {
            stored: BufReader::with_capacity(1 << 16, stored),
            equal: 0,
            lines: 0,
            line_start: 0,
            parted: None,
        }
    }

    /// The next bytes that are written again.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if let Some((line, whole)) = &mut self.parted {
            extend_line(line, whole, bytes);
            return Ok(());
        }
        while !bytes.is_empty() {
            let stored = self.stored.fill_buf()?;
            let length = stored.len().min(bytes.len());
            let same = equal_bytes(&stored[..length], &bytes[..length]);
            for (at, _) in stored[..same].iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
                self.lines += 1;
                self.line_start = self.equal + at as u64 + 1;
            }
            self.equal += same as u64;
            self.stored.consume(same);
            bytes = &bytes[same..];
            if same < length || length == 0 {
                return self.part(bytes);
            }
        }
        Ok(())
    }

    /// They differ from here on: `bytes` against what is stored.
    fn part(&mut self, bytes: &[u8]) -> io::Result<()> {
        let begun = usize::try_from(self.equal - self.line_start).unwrap_or(usize::MAX).min(LONGEST);
        let mut line = vec![0; begun];
        self.stored.seek(SeekFrom::Start(self.line_start))?;
        self.stored.read_exact(&mut line)?;
        let mut whole = false;
        extend_line(&mut line, &mut whole, bytes);
        self.parted = Some((line, whole));
        Ok(())
    }

    /// All is written: where they parted, if they did.
    pub(super) fn finish(mut self) -> io::Result<Option<Divergence>> {
        let at_end = self.stored.fill_buf()?.is_empty();
        if self.parted.is_none() && at_end {
            return Ok(None);
        }
        let again = match self.parted.take() {
            Some((line, _)) => Some(line),
            // What is stored goes on, maybe within a line.
            None if self.equal > self.line_start => {
                self.part(&[])?;
                self.parted.take().map(|(line, _)| line)
            }
            None => None,
        };
        self.stored.seek(SeekFrom::Start(self.line_start))?;
        let mut stored = Vec::new();
        self.stored.by_ref().take(LONGEST as u64).read_until(b'\n', &mut stored)?;
        let text =
            |line: &[u8]| String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned();
        Ok(Some(Divergence {
            line: self.lines + 1,
            byte: self.equal,
            stored: (!stored.is_empty()).then(|| text(&stored)),
            again: again.map(|line| text(&line)),
        }))
    }
}

/// How many bytes at the beginning are the same.
fn equal_bytes(a: &[u8], b: &[u8]) -> usize {
    if a == b { a.len() } else { a.iter().zip(b).take_while(|(a, b)| a == b).count() }
}

fn extend_line(line: &mut Vec<u8>, whole: &mut bool, bytes: &[u8]) {
    if *whole {
        return;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let room = LONGEST.saturating_sub(line.len());
    let part = &bytes[..end.unwrap_or(bytes.len())];
    line.extend_from_slice(&part[..part.len().min(room)]);
    *whole = end.is_some() || line.len() >= LONGEST;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn compare(name: &str, stored: &str, again: &str, chunk: usize) -> Option<Divergence> {
        let path: PathBuf =
            std::env::temp_dir().join(format!("thirdtry-{}-comparison-{name}", std::process::id()));
        std::fs::write(&path, stored).unwrap();
        let mut comparison = Comparison::with(File::open(&path).unwrap());
        for part in again.as_bytes().chunks(chunk) {
            comparison.feed(part).unwrap();
        }
        let found = comparison.finish().unwrap();
        std::fs::remove_file(&path).unwrap();
        found
    }

    type Found<'a> = Option<(u64, u64, Option<&'a str>, Option<&'a str>)>;

    #[test]
    fn the_first_difference_is_a_line_with_both_versions() {
        let long = format!("{}\n", "x".repeat(200_000));
        let cases: &[(&str, &str, Found<'_>)] = &[
            ("", "", None),
            ("a\nb\n", "a\nb\n", None),
            ("a\nbc\nd\n", "a\nbX\nd\n", Some((2, 3, Some("bc"), Some("bX")))),
            ("a\nb\n", "a\nb\nc\n", Some((3, 4, None, Some("c")))),
            ("a\nb\nc\n", "a\nb\n", Some((3, 4, Some("c"), None))),
            ("a\nb", "a\nb\n", Some((2, 3, Some("b"), Some("b")))),
            ("a\nbcd", "a\nb", Some((2, 3, Some("bcd"), Some("b")))),
            ("", "a\n", Some((1, 0, None, Some("a")))),
            ("\n\n", "\nx\n", Some((2, 1, Some(""), Some("x")))),
            (&long, &long, None),
        ];
        for (at, (stored, again, expected)) in cases.iter().enumerate() {
            for chunk in [1, 2, 7, 1 << 17] {
                let found = compare(&format!("{at}-{chunk}"), stored, again, chunk);
                let found = found
                    .as_ref()
                    .map(|found| (found.line, found.byte, found.stored.as_deref(), found.again.as_deref()));
                assert_eq!(found, *expected, "{at} in chunks of {chunk}");
            }
        }
    }

    #[test]
    fn a_very_long_line_is_cut() {
        let stored = format!("{}1\n", "x".repeat(200_000));
        let again = format!("{}2\n", "x".repeat(200_000));
        let found = compare("long", &stored, &again, 1_000).unwrap();
        assert_eq!((found.line, found.byte), (1, 200_000));
        assert!(found.stored.is_some_and(|line| line.len() == LONGEST));
    }
}
