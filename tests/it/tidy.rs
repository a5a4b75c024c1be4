//! The architecture as a test: who may use whom, and what may appear where (`docs/ARCHITECTURE.md`).
//!
//! The lexing is as simple as it can be: comments are cut off a line, and a file ends for us at its first
//! `#[cfg(test)]`, because tests stand last in their file and may use whatever they like; so may `tests.rs`
//! and what lies in `tests/`.

use crate::source_files::{files, text};
use std::path::Path;

/// For each module of the library, the modules that it may use; itself is understood.
const MAY_IMPORT: [(&str, &[&str]); 26] = [
    ("time", &[]),
    ("id", &[]),
    ("rounding", &[]),
    ("random", &["time"]),
    ("engine", &["time"]),
    ("scenario", &["time", "id", "random", "rounding"]),
    ("model", &["time", "id", "random", "engine", "scenario"]),
    ("simulate", &["time", "id", "random", "engine", "scenario", "model"]),
    ("observe", &["time", "id", "random", "scenario", "model"]),
    ("text", &["time", "observe"]),
    ("sink", &["time", "id", "random", "scenario", "model", "observe", "text"]),
    ("chart", &["time", "id", "random", "scenario", "model", "observe", "text"]),
    ("explain", &["time", "id", "random", "scenario", "model", "observe", "text"]),
    ("export", &["time", "observe", "sink"]),
    ("import", &["time", "observe", "scenario"]),
    ("report", &["time", "observe", "scenario", "sink", "text"]),
    ("record", &["time", "id", "scenario", "model", "simulate", "observe", "sink", "chart", "report"]),
    ("verify", &["time", "scenario", "simulate", "sink", "record", "report"]),
    ("overlay", &["observe", "sink", "import", "chart", "report", "text", "rounding"]),
    ("lint", &["time", "id", "scenario", "model", "observe", "estimate", "sink", "text", "rounding"]),
    ("estimate", &["time", "id", "random", "scenario", "record", "rounding"]),
    (
        "experiment",
        &[
            "time", "id", "random", "rounding", "scenario", "model", "simulate", "observe", "sink", "chart",
            "explain", "text",
        ],
    ),
    ("expect", &["time", "id", "scenario", "model", "simulate", "observe", "experiment", "text", "rounding"]),
    ("solve", &["time", "scenario", "observe", "sink", "chart", "experiment", "expect", "text", "rounding"]),
    ("suite", &["time", "scenario", "model", "observe", "sink", "experiment", "expect", "lint", "text"]),
    // The program sees the library as any other user does: `thirdtry::`, never `crate::`.
    ("cli", &[]),
];

/// Words, and the only places below `src/` where they may appear.
const ONLY_IN: [(&str, &[&str]); 14] = [
    ("plotters", &["chart"]),
    ("clap", &["cli", "main.rs"]),
    ("indicatif", &["cli"]),
    ("annotate_snippets", &["cli"]),
    ("ctrlc", &["cli"]),
    ("quick_junit", &["cli/test"]),
    ("hcl_edit", &["import/terraform"]),
    ("saphyr_parser", &["import/yaml.rs"]),
    ("maud", &["report"]),
    ("HashMap", &[]),
    ("HashSet", &[]),
    ("SystemTime", &[]),
    ("Instant", &["cli/progress.rs"]),
    ("libm", &["random/math.rs"]),
];

/// The widest line. `rustfmt` keeps code narrower, but leaves comments alone; literals and addresses are exempt.
const MAX_COLUMNS: usize = 120;

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut violations = Vec::new();
    for (path, line, code) in lines_of_code() {
        let module = module_of(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let (_, allowed) = MAY_IMPORT.iter().find(|(name, _)| *name == module).unwrap_or_else(|| {
            panic!("{path}: module '{module}' has no row in MAY_IMPORT; where does it belong?")
        });
        for used in modules_used(&code) {
            if used != module && !allowed.contains(&used.as_str()) {
                violations.push(format!("{path}:{line}: '{module}' must not use '{used}'"));
            }
        }
    }
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn every_library_module_is_declared_and_has_a_row() {
    let lib = text("src/lib.rs");
    let declared: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    for module in declared {
        assert!(MAY_IMPORT.iter().any(|(name, _)| *name == module), "src/lib.rs: {module}");
        assert_ne!(module, "cli", "the program's module is not the library's");
    }
}

#[test]
fn the_map_has_every_module_once() {
    let map = text("docs/ARCHITECTURE.md");
    for (module, _) in MAY_IMPORT {
        let row = format!("\n| `{module}` | ");
        assert_eq!(map.matches(&row).count(), 1, "docs/ARCHITECTURE.md: {module}");
    }
}

#[test]
fn some_words_stay_where_they_belong() {
    let mut violations = Vec::new();
    for (path, line, code) in lines_of_code() {
        let place = path.strip_prefix("src/").expect("below src");
        for (word, places) in ONLY_IN {
            let allowed = places.iter().any(|allowed| Path::new(place).starts_with(allowed));
            if !allowed && words(&code).any(|found| found == word) {
                violations.push(format!("{path}:{line}: '{word}' does not belong here"));
            }
        }
    }
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in files("src", "rs").iter().chain(&files("tests", "rs")).chain(&files("benches", "rs")) {
        assert!(text(path).starts_with("//!"), "{}: no module header", path.display());
    }
}

#[test]
fn no_line_is_too_wide_and_nothing_is_left_for_later() {
    let mut violations = Vec::new();
    for path in files("src", "rs").iter().chain(&files("tests", "rs")).chain(&files("benches", "rs")) {
        for (number, line) in text(path).lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            if line.chars().count() > MAX_COLUMNS && !line.contains('"') && !line.contains("://") {
                violations.push(format!("{place}: wider than {MAX_COLUMNS} columns"));
            }
            if ["TO", "FIX"]
                .iter()
                .zip(["DO", "ME"])
                .any(|(a, b)| words(line).any(|w| w == format!("{a}{b}")))
            {
                violations.push(format!("{place}: do it now or file it"));
            }
        }
    }
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn the_scanner_sees_what_it_should() {
    assert_eq!(modules_used("use crate::time::SimTime;"), ["time"]);
    assert_eq!(
        modules_used("use crate::{id::EventId, time::{SimTime, SimDuration}, model};"),
        ["id", "time", "model"]
    );
    assert_eq!(modules_used("fn f(x: crate::id::EventId) -> crate::time::SimTime {"), ["id", "time"]);
    assert!(modules_used("use my_crate::time::SimTime;").is_empty());
    assert!(modules_used("version: crate::MODEL_VERSION,").is_empty());
    assert_eq!(words("f64::ln(x_1)").collect::<Vec<_>>(), ["f64", "ln", "x_1"]);
    assert_eq!(code_of("let a = 1; // crate::model"), "let a = 1; ");
    assert_eq!(code_of(r#"let a = "https://x";"#), r#"let a = "https://x";"#);
}

/// (file, line number, code without comments) of all library and program code below `src/`, tests left out.
/// A `use` that spans several lines is one line here.
fn lines_of_code() -> Vec<(String, usize, String)> {
    let mut all = Vec::new();
    let library = files("src", "rs");
    let is_test = |path: &Path| path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
    for path in library.iter().filter(|path| !is_test(path)) {
        let name = path.to_str().expect("names are ASCII").replace('\\', "/");
        let source = text(path);
        let mut open_use: Option<(usize, String)> = None;
        for (number, line) in source.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        {
            let code = code_of(line);
            let (start, mut joined) = open_use.take().unwrap_or((number + 1, String::new()));
            joined.push_str(code.trim());
            let is_use = joined.starts_with("use ") || joined.starts_with("pub use ");
            if is_use && !joined.ends_with(';') {
                open_use = Some((start, joined));
            } else {
                all.push((name.clone(), start, joined));
            }
        }
    }
    assert!(all.len() > 1_000, "the scan found almost nothing");
    all
}

/// A line without its comment. An address in a string literal is no comment.
fn code_of(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// The module of the library that a file belongs to: the first name below `src/`.
fn module_of(path: &str) -> String {
    let below = path.strip_prefix("src/").expect("below src");
    let first = below.split('/').next().expect("a name");
    first.trim_end_matches(".rs").to_owned()
}

/// The modules named after `crate::` in a piece of code. The library's own constants are no modules.
fn modules_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(first_names(group)),
            None => used.extend(words(rest).next().map(str::to_owned)),
        }
    }
    used.retain(|name| !name.starts_with(char::is_uppercase));
    used
}

/// The first name of each item of a `use` group, given the text after its opening brace.
fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut item = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(words(&std::mem::take(&mut item)).next().map(str::to_owned)),
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    names.extend(words(&item).next().map(str::to_owned));
    names
}

/// The identifiers and numbers of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
