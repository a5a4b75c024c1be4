//! Lines that end in time: words broken at spaces, and text that cannot disturb the lines around it.

/// No line of a report is longer: a terminal on a projector shows it whole.
pub const WIDTH: usize = 100;

/// `words` broken at spaces into rows of at most `width` columns, the first of at most `first`; a word that is longer
/// has a row to itself.
pub fn rows(words: &str, first: usize, width: usize) -> Vec<String> {
    let mut rows: Vec<String> = vec![String::new()];
    for word in words.split(' ') {
        let room = if rows.len() == 1 { first } else { width };
        let row = rows.last_mut().expect("never empty");
        if row.is_empty() {
            row.push_str(word);
        } else if row.chars().count() + 1 + word.chars().count() <= room {
            row.push(' ');
            row.push_str(word);
        } else {
            rows.push(word.to_owned());
        }
    }
    rows
}

/// Adds `words` to `text`, behind what stands in its last line, broken into lines of at most [`WIDTH`] columns, those
/// after the first `indent` columns to the right; ends the last.
pub fn push_wrapped(text: &mut String, words: &str, indent: usize) {
    let begun = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let rows = rows(words, WIDTH.saturating_sub(begun), WIDTH - indent);
    text.push_str(&rows.join(&format!("\n{:indent$}", "")));
    text.push('\n');
}

/// At most `width` characters of `line`, from its beginning.
pub fn cut(line: &str, width: usize) -> &str {
    line.char_indices().nth(width).map_or(line, |(end, _)| &line[..end])
}

/// `text` as a sentence begins.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_between_words_only() {
        assert_eq!(rows("to be or not to be", 8, 8), ["to be or", "not to", "be"]);
        assert_eq!(rows("to be or not to be", 2, 8), ["to", "be or", "not to", "be"]);
        assert_eq!(rows("a verylongword b", 4, 4), ["a", "verylongword", "b"]);
        assert_eq!(rows("", 4, 4), [""]);
    }

    #[test]
    fn long_lines_are_broken_behind_their_label() {
        let mut text = "above\nLabel     ".to_owned();
        push_wrapped(&mut text, "word ".repeat(60).trim_end(), 10);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.lines().skip(2).all(|line| line.starts_with("          word")), "{text}");
        assert_eq!(text.split_whitespace().count(), 62);
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!((cut("grün", 3), cut("grün", 4), cut("", 1)), ("grü", "grün", ""));
    }
}
