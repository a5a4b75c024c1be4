//! A page of headings, paragraphs and tables, as text of at most 100 columns or as Markdown.

use crate::text::layout::{WIDTH, cut, push_wrapped};
use crate::text::markdown::escaped;
use crate::text::table::Table;
use std::fmt::Write as _;

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
    Table(Table),
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

    pub(super) fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
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
                Block::Paragraph(paragraph) => push_wrapped(&mut text, paragraph, 0),
                Block::Item(level, item) => {
                    text.push_str(&"  ".repeat(*level));
                    push_wrapped(&mut text, item, 2 * level + 2);
                }
                // What does not fit is cut: the whole is in the other formats.
                Block::Table(table) => {
                    let lines = table.lines().map(|line| format!("  {line}"));
                    text.extend(lines.map(|line| format!("{}\n", cut(&line, WIDTH))));
                }
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
                Block::Table(table) => {
                    text.push_str(gap);
                    text.push_str(&table.markdown());
                }
            }
        }
        text
    }
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
        page.table(Table::new(1, vec![vec!["a".into(), "n".into()], vec!["<b>".into(), "12".into()]]));
        let text = page.text();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("\n    word word") && text.contains("\n    deeper\n"), "{text}");
        assert!(text.ends_with("  a     n\n  <b>  12\n"), "{text}");
        let markdown = page.markdown();
        assert!(markdown.starts_with("### A \\| B\n"), "{markdown}");
        assert!(markdown.contains("word\n  - deeper\n\n|"), "{markdown}");
        assert!(markdown.ends_with("| a | n |\n| --- | ---: |\n| &lt;b&gt; | 12 |\n"), "{markdown}");
    }
}
