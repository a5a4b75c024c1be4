//! What planners ask of an outage, answered in one sentence by `run`.

use crate::cli::{stderr, stdout, thirdtry};
use crate::support::temporary_folder;
use std::fs;

/// The paragraph with the answer, in one line; empty if there is none.
fn answer(args: &[&str]) -> String {
    let output = thirdtry(&[&["run", "--no-fail"], args].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let answer = text.split("\n\n").find(|part| part.starts_with("After ")).unwrap_or_default();
    assert!(answer.lines().all(|line| line.chars().count() <= 100), "{text}");
    answer.replace('\n', " ")
}

/// Goal: the sentence says what the files say. Method: each number is looked up in `summary.json`.
#[test]
fn a_run_answers_in_one_sentence() {
    let folder = temporary_folder("outage-run");
    let out = folder.to_str().expect("UTF-8");
    let said = answer(&["quickstart", "--files", "events", "--out", out]);
    let text = fs::read_to_string(folder.join("summary.json")).expect("written");
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let number = |path: &str| summary.pointer(path).and_then(serde_json::Value::as_u64).expect(path);
    assert_eq!(
        (number("/recovery/from_ns"), number("/recovery/until_ns")),
        (600_000_000_000, 840_000_000_000)
    );
    let minutes = number("/recovery/recovery_time_ns") / 60_000_000_000;
    let age = (number("/event_age/max_ns") + 500_000_000) / 1_000_000_000;
    let first = number("/lost/first_ns") / 1_000_000_000;
    let expected = format!(
        "After a 4-minute failure of ship at 30/min with reserved concurrency 2: peak waiting {}, oldest event \
         {}m {:02}s, first loss at 00:{:02}:{:02}, lost {}, drained {minutes}m 00s after its end.",
        number("/backlog/peak/maximum"),
        age / 60,
        age % 60,
        first / 60,
        first % 60,
        number("/lost/total"),
    );
    assert_eq!(said, expected);
}

#[test]
fn replications_answer_with_what_they_are_uncertain_by() {
    let said = answer(&["quickstart", "--files", "none", "--replications", "5"]);
    let (head, rest) = said.split_once(": peak waiting ").expect(&said);
    assert_eq!(head, "After a 4-minute failure of ship at 30/min with reserved concurrency 2");
    for part in
        [" ± ", ", oldest event ", ", first loss at 00:13:3", ", lost ", ", drained ", " after its end."]
    {
        assert!(rest.contains(part), "`{part}` is not in: {said}");
    }
    // The backlog is back in the same minute of each of them.
    assert_eq!(rest.matches(" ± ").count(), 4, "{said}");
}

#[test]
fn without_an_outage_there_is_no_answer() {
    assert_eq!(answer(&["zero-concurrency", "--files", "none"]), "");
}

#[test]
fn what_cannot_be_answered_is_said() {
    let early = ["--set", "functions.ship.failures[1].exception.during=[\"0s\", \"4m\"]"];
    let said = answer(&[&["quickstart", "--files", "none"], &early[..]].concat());
    assert!(said.ends_with("with no calm minute before it to drain to."), "{said}");
    let late = ["--set", "functions.ship.failures[1].exception.during=[\"20m\", \"29m\"]"];
    let said = answer(&[&["quickstart", "--files", "none"], &late[..]].concat());
    assert!(said.starts_with("After a 9-minute failure of ship at 30/min"), "{said}");
    assert!(said.ends_with("not drained while events arrived."), "{said}");
}
