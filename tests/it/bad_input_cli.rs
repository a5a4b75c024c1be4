//! Bad input through the program: one clear error for each mistake, with what, where and what to do, the documented
//! exit code, and nothing under a final name.

use crate::cli::{stderr, stdout};
use crate::support::{temporary_folder, tree};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const GOOD: &str = r#"{
  "version": 1,
  "functions": { "ship": { } },
  "sources": { "orders": { "to": "ship", "max_events": 10, "arrivals": { "poisson": { "rate": "1/s" } } } }
}
"#;

/// Runs `bad.json` in `folder`, results into `out`.
fn run_in(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["run", "bad.json", "--out", "out"])
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

/// A folder with `bad.json` in it, and what comes of running that.
fn run_text(name: &str, text: &[u8], recording: Option<&[u8]>) -> (std::path::PathBuf, Output) {
    let folder = temporary_folder(&format!("bad-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("bad.json"), text).expect("a file");
    if let Some(recording) = recording {
        fs::write(folder.join("t.csv"), recording).expect("a file");
    }
    let output = run_in(&folder);
    (folder, output)
}

/// One problem, told with all of `said`; no results, no panic.
fn refused(name: &str, text: &[u8], recording: Option<&[u8]>, said: &[&str]) {
    let (folder, output) = run_text(name, text, recording);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{name}: {message}");
    assert_eq!(stdout(&output), "", "{name}");
    assert!(!message.contains("panicked"), "{name}: {message}");
    // The problem, and the sentence that counts the problems.
    assert_eq!(message.matches("error: ").count(), 2, "{name}: {message}");
    assert!(message.ends_with("error: bad.json has 1 problem; nothing was run\n"), "{name}: {message}");
    for words in said {
        assert!(message.contains(words), "{name}: `{words}` is not in: {message}");
    }
    assert!(!folder.join("out").exists(), "{name}: nothing was run, and yet there is a folder");
}

#[test]
fn files_that_are_not_json() {
    let nested = "[".repeat(8_000_000);
    let larger = "[".repeat(10_000_000);
    let cases: [(&str, &str, &[&str]); 5] = [
        ("empty", "", &["the file is empty", "--> bad.json:1:1", "help: `thirdtry init`"]),
        (
            "truncated",
            &GOOD[..60],
            &["the file ends too early", "--> bad.json:4:3", "help: is the file complete?"],
        ),
        (
            "nested",
            &nested,
            &["nested more than 64 deep", "--> bad.json:1:513", "help: no scenario needs that"],
        ),
        (
            "larger",
            &larger,
            &["bad.json: the file is too large", "8 MiB", "help: recorded arrivals belong in a CSV"],
        ),
        ("list", "[]", &["expected an object, found a list", "--> bad.json:1:1"]),
    ];
    for (name, text, said) in cases {
        refused(name, text.as_bytes(), None, said);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of mistakes")]
fn settings_that_cannot_be() {
    let function = r#""ship": { }"#;
    let queue_to_itself = r#""ship": { "EventInvokeConfig": { "DestinationConfig": { "OnFailure": { "Destination": "self" } } } } },
  "destinations": { "self": { "lambda": { "FunctionName": "ship" } }"#;
    let endless = r#""until": "1000000s", "arrivals": { "poisson": { "rate": "1000000000/s" } }"#;
    let arrivals = r#""max_events": 10, "arrivals": { "poisson": { "rate": "1/s" } }"#;
    let cases: [(&str, &str, &str, &[&str]); 14] = [
        (
            "duplicate key",
            "\"version\": 1,",
            "\"version\": 1, \"seed\": 1, \"seed\": 2,",
            &["seed: `seed` is given twice", "--> bad.json:2:28", "help: keep one of them"],
        ),
        (
            "duplicate name",
            function,
            r#""ship": { }, "ship": { }"#,
            &["functions.ship: `ship` is given twice", "--> bad.json:3:31", "help: keep one of them"],
        ),
        (
            "1e999 for an integer",
            function,
            r#""ship": { "Timeout": 1e999 }"#,
            &[
                "functions.ship.Timeout: `1e999`",
                "--> bad.json:3:39",
                "help: write digits only, 1..900 seconds",
            ],
        ),
        (
            "1e999 for a probability",
            function,
            r#""ship": { "failures": [{ "exception": { "probability": 1e999 } }] }"#,
            &["`1e999` is too large for a number", "--> bad.json:3:73", "help: write a probability 0..1"],
        ),
        (
            "negative duration",
            function,
            r#""ship": { "duration": "-5s" }"#,
            &["`-5s` is negative", "--> bad.json:3:40", "help: write a duration of zero or more"],
        ),
        (
            "duration beyond the horizon",
            function,
            r#""ship": { "duration": "99999999999h" }"#,
            &[
                "`99999999999h` is longer than 100 years",
                "--> bad.json:3:40",
                "help: write a shorter duration",
            ],
        ),
        (
            "duration beyond 64 bits",
            "\"version\": 1,",
            r#""version": 1, "end": "18446744073709551616ns","#,
            &[
                "end: `18446744073709551616ns` is longer than 100 years",
                "--> bad.json:2:24",
                "help: write a shorter",
            ],
        ),
        (
            "unknown key",
            function,
            r#""ship": { "timout": 4 }"#,
            &["unknown key `timout`", "--> bad.json:3:28", "help: did you mean `Timeout`?"],
        ),
        (
            "unknown unit",
            function,
            r#""ship": { "duration": "5 parsecs" }"#,
            &["`5 parsecs` is not a duration", "--> bad.json:3:40", "the units are h, m, s, ms, us and ns"],
        ),
        (
            "unknown unit of a rate",
            "1/s",
            "1/fortnight",
            &["`fortnight` is not a unit of time", "--> bad.json:4:95", "help: write e.g. `\"20/s\"`"],
        ),
        (
            "missing function",
            r#""to": "ship""#,
            r#""to": "shop""#,
            &[
                "sources.orders.to: there is no function `shop`",
                "--> bad.json:4:34",
                "help: did you mean `ship`?",
            ],
        ),
        (
            "destination loop",
            function,
            queue_to_itself,
            &["`ship` is its own destination", "--> bad.json:3:26", "help: send its outcomes somewhere else"],
        ),
        (
            "10^15 arrivals by their limit",
            r#""max_events": 10"#,
            r#""max_events": 1000000000000000"#,
            &[
                "sources.orders.max_events: `1000000000000000` is out of range",
                "--> bad.json:4:56",
                "1..10000000000",
            ],
        ),
        (
            "10^15 arrivals by their rate",
            arrivals,
            endless,
            &[
                "about 1000000000000000 events are expected; at most 10000000000",
                "--> bad.json:4:26",
                "help: lower",
            ],
        ),
    ];
    for (name, good, bad, said) in cases {
        assert!(GOOD.contains(good), "{name}");
        refused(name, GOOD.replacen(good, bad, 1).as_bytes(), None, said);
    }
}

/// Name, trace, the recording itself, and what is said.
type TraceCase = (&'static str, &'static str, Option<&'static [u8]>, &'static [&'static str]);

#[test]
fn recordings_that_cannot_be_used() {
    let scenario = |trace: &str| {
        GOOD.replace(r#"{ "poisson": { "rate": "1/s" } }"#, &format!("{{ \"trace\": {trace} }}"))
    };
    let cases: [TraceCase; 6] = [
        (
            "unsorted",
            r#"{ "csv": "t.csv" }"#,
            Some(b"time_s\n2\n1\n"),
            &["`t.csv`, row 3, column `time_s`: `1` comes before", "help: sort the rows"],
        ),
        (
            "NaN",
            r#"{ "csv": "t.csv" }"#,
            Some(b"time_s\n1\nNaN\n"),
            &["`t.csv`, row 3, column `time_s`: `NaN` is not a time", "help: remove or correct the row"],
        ),
        (
            "no column",
            r#"{ "csv": "t.csv", "column": "tme_s" }"#,
            Some(b"time_s,x\n1,2\n"),
            &["`t.csv` has no column `tme_s`; it has `time_s`, `x`", "help: did you mean `time_s`?"],
        ),
        (
            "no value",
            r#"{ "csv": "t.csv", "column": "b_s" }"#,
            Some(b"a,b_s\n1,2\n3\n"),
            &["`t.csv`, row 3, column `b_s`: the row has only 1 columns", "help: complete or remove the row"],
        ),
        (
            "empty table",
            r#"{ "csv": "t.csv" }"#,
            Some(b""),
            &["`t.csv` is empty", "help: a recording begins with a header row"],
        ),
        (
            "no table",
            r#"{ "csv": "t.csv" }"#,
            None,
            &["`t.csv` cannot be read: there is no such file", "help: it was looked for at `t.csv`"],
        ),
    ];
    for (name, trace, recording, said) in cases {
        refused(name, scenario(trace).as_bytes(), recording, &[said, &["--> bad.json:4:"]].concat());
    }
}

#[test]
fn several_mistakes_are_told_at_once_and_counted() {
    let text =
        GOOD.replace("{ }", r#"{ "Timeout": 0, "duration": "-1s" }"#).replace("\"ship\",", "\"shop\",");
    let (folder, output) = run_text("several", text.as_bytes(), None);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.ends_with("error: bad.json has 3 problems; nothing was run\n"), "{message}");
    assert_eq!(message.matches("--> bad.json:").count(), 3, "{message}");
    assert!(!folder.join("out").exists());
}

/// What Windows editors add changes nothing: the same run, to the last byte of its events.
#[test]
fn a_byte_order_mark_and_windows_line_ends_are_welcome() {
    let windows = GOOD.replace('\n', "\r\n");
    let events = |name: &str, text: &str| {
        let (folder, output) = run_text(name, text.as_bytes(), None);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        tree(&folder.join("out"))
    };
    let plain = events("plain", GOOD);
    assert!(events("mark", &format!("\u{feff}{GOOD}")) == plain);
    assert!(events("windows", &format!("\u{feff}{windows}")) == plain);
    let traced = GOOD.replace(r#"{ "poisson": { "rate": "1/s" } }"#, r#"{ "trace": { "csv": "t.csv" } }"#);
    let (_, output) = run_text("traced", traced.as_bytes(), Some(b"\xef\xbb\xbftime_s\r\n1\r\n2\r\n"));
    assert!(stdout(&output).contains("of 2 events accepted"), "{}", stderr(&output));
}
