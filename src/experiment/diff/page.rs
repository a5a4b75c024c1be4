//! A page of headings, paragraphs and tables, as text of at most 100 columns or as Markdown.

use std::fmt::Write as _;

/// The widest line of text.
const COLUMNS: usize = 100;

/// What follows what.
#[derive(Debug, Default)]
pub(super) struct Page {
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Heading(String),
    Paragraph(String),
    /// An item of a list, so many levels below the heading.
    Item(usize, String),
    Table(Grid),
}

/// A table: the first row is its header.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// How many columns, from the left, hold words; the others hold numbers.
    pub(super) words: usize,
    pub(super) rows: Vec<Vec<String>>,
}

impl Page {
    pub(super) fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    pub(super) fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub(super) fn item(&mut self, level: usize, text: impl Into<String>) {
        self.blocks.push(Block::Item(level, text.into()));
    }

    pub(super) fn table(&mut self, grid: Grid) {
        self.blocks.push(Block::Table(grid));
    }

    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            match block {
                Block::Heading(heading) => {
                    let gap = if text.is_empty() { "" } else { "\n" };
                    let _ = writeln!(text, "{gap}{heading}");
                }
                Block::Paragraph(paragraph) => push_wrapped(&mut text, paragraph, (0, 0)),
                Block::Item(level, item) => push_wrapped(&mut text, item, (2 * level, 2 * level + 2)),
                Block::Table(grid) => grid.push_text(&mut text),
            }
        }
        text
    }

    /// For a comment.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        let mut in_list = false;
        for block in &self.blocks {
            let goes_on = in_list && matches!(block, Block::Item(..));
            let gap = if text.is_empty() || goes_on { "" } else { "\n" };
            in_list = matches!(block, Block::Item(..));
            match block {
                Block::Heading(heading) => {
                    let marks = if text.is_empty() { "###" } else { "####" };
                    let _ = writeln!(text, "{gap}{marks} {}", escaped(heading));
                }
                Block::Paragraph(paragraph) => {
                    let _ = writeln!(text, "{gap}{}", escaped(paragraph));
                }
                Block::Item(level, item) => {
                    let indent = "  ".repeat(level.saturating_sub(1));
                    let _ = writeln!(text, "{gap}{indent}- {}", escaped(item));
                }
                Block::Table(grid) => {
                    text.push_str(gap);
                    grid.push_markdown(&mut text);
                }
            }
        }
        text
    }
}

impl Grid {
    fn push_text(&self, text: &mut String) {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line.push_str(if column == 0 { " " } else { "  " });
                if column < self.words {
                    let _ = write!(line, "{cell:<width$}");
                } else {
                    let _ = write!(line, "{cell:>width$}");
                }
            }
            // What does not fit is cut: the whole is in the other formats.
            let line: String = line.trim_end().chars().take(COLUMNS).collect();
            text.push_str(&line);
            text.push('\n');
        }
    }

    fn push_markdown(&self, text: &mut String) {
        for (at, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
            if at == 0 {
                let rule = |column: usize| if column < self.words { "---" } else { "---:" };
                let rules: Vec<&str> = (0..row.len()).map(rule).collect();
                let _ = writeln!(text, "| {} |", rules.join(" | "));
            }
        }
    }
}

/// Broken at spaces, with the first line and those after it indented.
fn push_wrapped(text: &mut String, words: &str, (first, further): (usize, usize)) {
    let mut line = " ".repeat(first);
    let mut indent = first;
    for word in words.split(' ') {
        let used = line.chars().count();
        if used > indent && used + 1 + word.chars().count() > COLUMNS {
            text.push_str(&line);
            text.push('\n');
            indent = further;
            line = " ".repeat(indent);
        } else if used > indent {
            line.push(' ');
        }
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

/// Names cannot break out of a cell or become HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '`' | '[' | ']' | '\\' => safe.extend(['\\', character]),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            _ if character.is_control() => safe.push(' '),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_and_markdown_escaped() {
        let mut page = Page::default();
        page.heading("A | B");
        page.item(1, "word ".repeat(40).trim_end());
        page.item(2, "deeper");
        page.table(Grid {
            words: 1,
            rows: vec![vec!["a".into(), "n".into()], vec!["<b>".into(), "12".into()]],
        });
        let text = page.text();
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(text.contains("\n    word word") && text.contains("\n    deeper\n"), "{text}");
        assert!(text.ends_with("  a     n\n  <b>  12\n"), "{text}");
        let markdown = page.markdown();
        assert!(markdown.starts_with("### A \\| B\n"), "{markdown}");
        assert!(markdown.contains("word\n  - deeper\n\n|"), "{markdown}");
        assert!(markdown.ends_with("| a | n |\n| --- | ---: |\n| &lt;b&gt; | 12 |\n"), "{markdown}");
    }
}
