//! The page of a run: the same from the run and from its results, whole, escaped, and without any request.

use crate::support::{load, record, temporary_folder};
use std::fs;
use std::path::{Path, PathBuf};
use thirdtry::record::Files;
use thirdtry::report::{page, stored_page};
use thirdtry::scenario::builtin;
use thirdtry::scenario::load::{Input, load as load_input};
use thirdtry::sink::stored::StoredRun;

fn page_of(folder: &Path) -> String {
    let run = StoredRun::open(folder).unwrap_or_else(|error| panic!("{error}"));
    page(&stored_page(&run).unwrap_or_else(|error| panic!("{error}")))
}

fn written(folder: &Path) -> String {
    fs::read_to_string(folder.join("report.html")).expect("the run wrote it")
}

/// Runs a built-in scenario into a folder that is `test`'s alone: tests run at the same time.
fn run_builtin(test: &str, name: &str, files: Files) -> PathBuf {
    let input = Input::from_text(name, builtin::text(name).expect("built in"));
    let loaded = load_input(&input).unwrap_or_else(|rejected| panic!("{rejected}"));
    let folder = temporary_folder(&format!("report-{test}-{name}-{}-{}", files.events, files.charts));
    record(&loaded, &folder, files);
    folder
}

/// Elements that have no end.
const VOID: [&str; 7] = ["meta", "br", "hr", "img", "rect", "circle", "input"];

/// Every element that is opened is closed, in the right order; attributes are quoted. Strict for our own pages, which
/// leave no end tag out.
fn check_nesting(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a document type");
    while let Some(at) = rest.find('<') {
        assert!(
            !rest[..at].contains('>') || open.last() == Some(&"style"),
            "a bare > before {}",
            &rest[at..]
        );
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
        } else if !tag.ends_with('/') {
            let name = tag.split_whitespace().next().expect("a name");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "<{tag}>");
            assert!(tag.matches('"').count().is_multiple_of(2), "<{tag}>");
            if !VOID.contains(&name) {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?} are open");
}

#[test]
fn the_page_of_a_run_and_the_page_of_its_results_are_the_same() {
    for name in ["quickstart", "destination-denied", "recursive-loop", "dlq-redrive", "blind-spots"] {
        let folder = run_builtin("same", name, Files::ALL);
        assert!(page_of(&folder) == written(&folder), "{name}");
        check_nesting(&written(&folder));
    }
    let cases = [
        Files { report: true, ..Files::LEAST },
        Files { report: true, events: true, ..Files::LEAST },
        Files { charts: false, ..Files::ALL },
    ];
    for files in cases {
        let folder = run_builtin("same", "destination-denied", files);
        assert!(page_of(&folder) == written(&folder), "{files:?}");
    }
}

#[test]
fn the_page_has_what_one_looks_for_and_asks_nobody() {
    let folder = run_builtin("content", "destination-denied", Files::ALL);
    let page = written(&folder);
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("summary.json")).unwrap()).unwrap();
    for part in [
        "✕ 123 events lost",
        "Of 1,000 accepted events, 390 (39.00%) succeeded and 610 did not.",
        "✓ the books balance",
        "retries_exhausted",
        "First first",
        summary["fingerprint"].as_str().unwrap(),
        "thirdtry run scenario.resolved.json",
        "functions.archive.Timeout",
        "Chart: event lives",
    ] {
        let part = if part == "First first" { "The first lost events" } else { part };
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<svg ").count(), 6);
    assert_eq!(page.matches("<article>").count(), 4, "the first lost events");
    for request in ["src=", "@import", "url(", "<script", "<link", "<iframe"] {
        assert!(!page.contains(request), "{request}");
    }
    let elsewhere = page.match_indices("href=\"").filter(|(at, _)| !page[at + 6..].starts_with('#')).count();
    assert_eq!(elsewhere, 0, "every link stays on the page");
}

/// Charts are drawn for a light ground. On a dark one each grey of theirs must have a counterpart in the page's style,
/// or it is not to be read; stripes lie on colours and stay.
#[test]
fn every_grey_of_the_charts_has_a_counterpart_on_a_dark_ground() {
    let page = written(&run_builtin("dark", "destination-denied", Files { charts: true, ..Files::ALL }));
    let (_, style) = page.split_once("screen and (prefers-color-scheme:dark)").expect("a dark style");
    let mut greys = 0;
    for property in ["fill", "stroke"] {
        let opening = format!("{property}=\"#");
        for (at, _) in page.match_indices(&opening) {
            let colour = &page[at + opening.len()..][..6];
            let is_grey = colour[..2] == colour[2..4] && colour[2..4] == colour[4..];
            let stays = ["202020", "BEBEBE"].contains(&colour);
            if is_grey && !stays && !page[..at].ends_with('[') {
                greys += 1;
                assert!(style.contains(&format!("[{property}=\"#{colour}\"]{{")), "{property} #{colour}");
            }
        }
    }
    assert!(greys > 100, "{greys}");
}

/// Names that would be markup, and text that would end it.
#[test]
fn whatever_a_scenario_is_called_stays_text() {
    let text = r#"{ "version": 1, "description": "<script>alert(1)</script> ]]> &amp; \u0007 \u202e",
        "end": "3m",
        "functions": { "f": { "duration": "1s", "failures": [ { "exception": { "probability": 1,
            "because": "\"><img src=x onerror=alert(1)>" } } ] } },
        "sources": { "<b>s</b> ]]> '\"": { "to": "f", "arrivals": { "times": ["0s", "1s"] } } },
        "destinations": { "=cmd|'/c'!A1 <i>": { "sqs": {} } } }"#;
    let folder = temporary_folder("report-escaped");
    let loaded = load_input(&Input::from_text("<u>x</u>.json", text)).unwrap_or_else(|bad| panic!("{bad}"));
    record(&loaded, &folder, Files::ALL);
    let page = written(&folder);
    assert!(page == page_of(&folder));
    check_nesting(&page);
    for markup in ["<script", "<b>", "<img", "<i>", "<u>", "\u{7}", "\u{202e}"] {
        assert!(!page.contains(markup), "{markup:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; ]]&gt; &amp;amp;"));
}

#[test]
fn an_edited_or_missing_file_is_told_and_no_page_is_made_of_it() {
    type Damage = fn(&Path);
    let cases: [(&str, Damage, &str); 3] = [
        (
            "chart",
            |dir| fs::write(dir.join("charts/fates.svg"), "<svg/>").unwrap(),
            "charts/fates.svg` is not",
        ),
        ("summary", |dir| fs::remove_file(dir.join("summary.json")).unwrap(), "summary.json` is missing"),
        ("incomplete", |dir| fs::write(dir.join("INCOMPLETE"), "").unwrap(), "has not finished"),
    ];
    for (name, damage, said) in cases {
        let folder = temporary_folder(&format!("report-bad-{name}"));
        let text = r#"{ "version": 1, "functions": { "f": { "duration": "1s" } },
            "sources": { "s": { "to": "f", "arrivals": { "times": ["0s"] } } } }"#;
        record(&load(text), &folder, Files::ALL);
        damage(&folder);
        let error = StoredRun::open(&folder).and_then(|run| stored_page(&run)).expect_err(name);
        assert!(error.is_inconsistent() && error.to_string().contains(said), "{name}: {error}");
    }
}

#[cfg(feature = "cli")]
mod program {
    use super::{fs, run_builtin};
    use crate::cli::{fails, stderr, stdout, thirdtry};
    use thirdtry::record::Files;

    #[test]
    fn the_page_is_made_again_and_the_folder_stays_verified() {
        let folder =
            run_builtin("again", "outage-backlog", Files { charts: false, report: false, ..Files::ALL });
        let path = folder.to_str().expect("UTF-8");
        let made = thirdtry(&["report", path]);
        assert!(made.status.success() && stderr(&made).contains("report.html"), "{}", stderr(&made));
        let verified = thirdtry(&["verify", path]);
        assert!(verified.status.success(), "{}", stdout(&verified));
        let printed = thirdtry(&["report", path, "--out", "-"]);
        assert_eq!(printed.stdout, fs::read(folder.join("report.html")).expect("written"));
        fails(&["report", "no-such-folder"], 4, &["no-such-folder", "manifest.json", "thirdtry run"]);
    }

    /// What a run shows of itself as CloudWatch is at no distance from it; another run is, and its page says so.
    #[cfg(feature = "import")]
    #[test]
    fn measurements_are_drawn_over_the_run_and_the_distance_is_told() {
        let folder = run_builtin("overlay", "quickstart", Files { charts: true, ..Files::ALL });
        let path = folder.to_str().expect("UTF-8");
        assert!(thirdtry(&["export", "cloudwatch", path, "-q"]).status.success());
        let measured = folder.join("export/cloudwatch");
        let measured = measured.to_str().expect("UTF-8");
        let same = thirdtry(&["report", path, "--observed", measured, "--format", "json"]);
        assert!(same.status.success(), "{}", stderr(&same));
        let overlay: serde_json::Value = serde_json::from_slice(&same.stdout).expect("JSON");
        let distances = overlay["distances"].as_array().expect("a list");
        assert!(distances.len() > 10, "{overlay:#}");
        for distance in distances {
            assert_eq!(distance["mean_absolute_difference"], 0.0, "{distance}");
            let is_sum = distance["statistic"] == "Sum";
            assert!(!is_sum || distance["periods"].as_u64() > Some(1), "{distance}");
        }
        let page = fs::read_to_string(folder.join("report.html")).expect("written");
        assert!(page.contains("Measured and simulated") && page.matches("<svg ").count() == 7);
        assert!(
            page.contains("aria-label=\"Chart: measured and simulated. ship: what was measured, as a line")
        );
        for (panel, is_drawn) in [
            ("Invocations, Sum (Count)", true),
            ("Duration, p99 (Milliseconds)", true),
            ("ConcurrentExecutions, Maximum (Count)", true),
            ("Invocations, Average (Count)", false),
            ("Duration, SampleCount", false),
        ] {
            assert_eq!(page.contains(panel), is_drawn, "{panel}");
        }
        let samples = distances.iter().find(|distance| distance["statistic"] == "SampleCount").expect("some");
        assert_eq!(samples["unit"], "Count", "{samples}");
        assert!(thirdtry(&["verify", path]).status.success(), "measurements on the page are no divergence");

        let other = run_builtin("overlay", "outage-backlog", Files { charts: false, ..Files::ALL });
        let other = other.to_str().expect("UTF-8");
        let apart = thirdtry(&["report", other, "--observed", measured]);
        let text = stdout(&apart);
        assert!(apart.status.success(), "{}", stderr(&apart));
        assert!(text.contains("mean |difference|") && text.contains("Invocations.Sum"), "{text}");
        fails(&["report", other, "--observed", "no-such-file.json"], 1, &["no-such-file.json"]);
        fails(&["report", other, "--observed", "scenarios/quickstart.json"], 3, &["nothing was compared"]);
    }
}
