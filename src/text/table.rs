//! A small table: words to the left, numbers to the right.

use super::markdown::escaped;

/// Rows of equally many cells, of which the first is the header.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    /// The columns of words; those of numbers end at the same place.
    words: Vec<usize>,
}

impl Table {
    /// A table whose first `words` columns, from the left, hold words, and the others numbers.
    ///
    /// # Panics
    /// When a row has more or fewer cells than the first.
    pub fn new(words: usize, rows: Vec<Vec<String>>) -> Self {
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "a table has as many cells in each row");
        Self { rows, words: (0..words).collect() }
    }

    /// The same with words in this column too.
    #[must_use]
    pub fn with_words_in(mut self, column: usize) -> Self {
        self.words.push(column);
        self
    }

    /// Whether there is nothing below the header.
    pub fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    /// The rows, for whoever lays them out in another way.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// A line for each row, the columns two spaces apart, and no space at the end.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows.iter().map(move |row| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if self.words.contains(&column) {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
    }

    /// The lines as one text.
    pub fn text(&self) -> String {
        self.lines().map(|line| line + "\n").collect()
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let bars = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let line = |row: &Vec<String>| bars(row.iter().map(|cell| escaped(cell.trim())).collect());
        let Some((header, rows)) = self.rows.split_first() else { return String::new() };
        let rule = |column| if self.words.contains(&column) { "---" } else { "---:" };
        let rules = bars((0..header.len()).map(|column| rule(column).to_owned()).collect());
        [line(header), rules].into_iter().chain(rows.iter().map(line)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let rows = [["name", "n", "why"], ["a|b", "12", ""], ["ü", "1,000", "<late>"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let table = Table::new(1, rows).with_words_in(2);
        assert_eq!(table.text(), "name      n  why\na|b      12\nü     1,000  <late>\n");
        let markdown =
            "| name | n | why |\n| --- | ---: | --- |\n| a\\|b | 12 |  |\n| ü | 1,000 | &lt;late&gt; |\n";
        assert_eq!(table.markdown(), markdown);
    }

    #[test]
    fn a_header_alone_is_empty() {
        assert!(Table::new(1, vec![vec!["name".to_owned()]]).is_empty());
        assert_eq!(Table::default().text() + &Table::default().markdown(), "");
    }
}
