//! The guide for planners shows what its commands print: they are run, and what they print is compared.
//!
//! Its scenario has a million events. That takes minutes without optimisation, so that the program to run is the one
//! that `THIRDTRY` names, as `.ci/run` does; without it nothing is compared.
//! `UPDATE_GOLDEN=1 THIRDTRY=target/release/thirdtry cargo test --test it guide` writes what is printed into the guide.

use crate::source_files::{root, text};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const GUIDE: &str = "docs/guide-capacity.md";

/// A command of a document, and what it is said to print.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    output: String,
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_guide_for_planners_shows_what_its_commands_print() {
    let Some(program) = std::env::var_os("THIRDTRY").map(|path| root().join(path)) else {
        eprintln!("skipped: THIRDTRY names no optimised program to run");
        return;
    };
    let mut guide = text(GUIDE);
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    for shown in shown_in(&guide) {
        let printed = print(&program, &shown.command);
        if update {
            let block = |output: &str| format!("{}\n```\n\n```text\n{output}```\n", shown.command);
            guide = guide.replacen(&block(&shown.output), &block(&printed), 1);
        } else {
            assert_eq!(printed, shown.output, "{GUIDE}: `{}` prints something else", shown.command);
        }
    }
    if update {
        fs::write(root().join(GUIDE), guide).expect("a writable checkout");
    }
}

/// The scenario of the guide keeps its promises and its golden result.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_scenario_of_the_guide_is_as_it_was() {
    let Some(program) = std::env::var_os("THIRDTRY").map(|path| root().join(path)) else {
        eprintln!("skipped: THIRDTRY names no optimised program to run");
        return;
    };
    // As in a build: a golden result that is missing is none that was accepted.
    let args = ["test", "scenarios/plan-outage.json"];
    let output = Command::new(program).args(args).env("CI", "true").current_dir(root()).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Goal: no command is left out by a slip of the pen. Whoever reads it can run it: the scenario is shipped.
#[test]
fn every_command_of_the_guide_has_its_output() {
    let guide = text(GUIDE);
    let shown = shown_in(&guide);
    assert_eq!(shown.len(), guide.matches("```sh\n").count());
    for Shown { command, output } in shown {
        assert!(command.contains(" plan-outage ") || command.ends_with(" plan-outage"), "{command}");
        assert!(output.lines().count() > 1, "{command} prints nothing");
        let words = words(&command);
        assert_eq!(words[0], "thirdtry", "{command}");
    }
}

#[test]
fn commands_are_read_as_a_shell_reads_them() {
    let page = "```sh\nthirdtry a \\\n  --b 'c d'\n```\n\n```text\nout\n\nput\n```\n\n```sh\nalone\n```\n";
    let command = "thirdtry a \\\n  --b 'c d'".to_owned();
    assert_eq!(words(&command), ["thirdtry", "a", "--b", "c d"]);
    assert_eq!(shown_in(page), [Shown { command, output: "out\n\nput\n".to_owned() }]);
}

/// The commands of a page that are followed by what they print.
fn shown_in(page: &str) -> Vec<Shown> {
    let blocks = page.split("```sh\n").skip(1);
    let shown = blocks.filter_map(|block| {
        let (command, rest) = block.split_once("\n```\n\n```text\n")?;
        let (output, _) = rest.split_once("```\n")?;
        (!command.contains("```")).then(|| Shown { command: command.to_owned(), output: output.to_owned() })
    });
    shown.collect()
}

/// The words of a command: quotes keep spaces, and a line goes on behind a backslash.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in command.replace("\\\n", " ").chars() {
        match letter {
            '\'' => quoted = !quoted,
            letter if letter.is_whitespace() && !quoted => words.push(String::new()),
            letter => words.last_mut().expect("never empty").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn print(program: &PathBuf, command: &str) -> String {
    let words = words(command);
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("guide");
    let mut args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let out = out.to_str().expect("UTF-8").to_owned();
    // Files are not what is compared, and do not belong into the checkout.
    if args[0] == "sweep" {
        fs::remove_dir_all(&out).unwrap_or_default();
        args.extend(["--out", &out]);
    }
    let output = Command::new(program).args(&args).current_dir(root()).output().expect("the program starts");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
