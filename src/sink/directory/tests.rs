//! Folders that are complete, given up, foreign, full, or written twice.

use super::*;
use crate::sink::provenance::example;

/// A folder of its own for each test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("thirdtry-{}-{name}", std::process::id()));
        fs::remove_dir_all(&path).unwrap_or_default();
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    fn names(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        entries(&self.out()).unwrap().iter().map(name).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// A complete run that writes the files given.
fn complete_run(path: &Path, files: &[(&str, &str)]) {
    let mut folder = OutputFolder::open(path).unwrap();
    for (name, content) in files {
        folder.write(name, content.as_bytes()).unwrap();
    }
    folder.finish(&example()).unwrap();
}

#[test]
fn a_complete_run_leaves_its_files_and_a_manifest_of_them() {
    let scratch = Scratch::new("complete");
    complete_run(&scratch.out(), &[("events.csv", "abc"), ("charts/fates.svg", "")]);
    assert_eq!(scratch.names(), ["charts", "events.csv", "manifest.json"]);
    let manifest = fs::read_to_string(scratch.out().join(MANIFEST)).unwrap();
    let expected = r#"{
  "thirdtry": "0.1.0",
  "model_version": 1,
  "scenario": "quickstart",
  "scenario_digest": "aa",
  "seed": 42,
  "profile": "measured",
  "fingerprint": "00000000deadbeef",
  "end": "drained",
  "files": {
    "charts/fates.svg": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "events.csv": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  }
}
"#;
    assert_eq!(manifest, expected);
}

#[test]
fn while_it_runs_the_folder_says_so_and_the_earlier_results_stay() {
    let scratch = Scratch::new("running");
    complete_run(&scratch.out(), &[("events.csv", "old"), ("stale.csv", "old")]);
    let mut folder = OutputFolder::open(&scratch.out()).unwrap();
    folder.write("events.csv", b"new").unwrap();
    let expected = ["INCOMPLETE", "events.csv", "events.csv.partial", "manifest.json", "stale.csv"];
    assert_eq!(scratch.names(), expected);
    assert_eq!(fs::read_to_string(scratch.out().join("events.csv")).unwrap(), "old");
    folder.finish(&example()).unwrap();
    assert_eq!(scratch.names(), ["events.csv", "manifest.json"]);
    assert_eq!(fs::read_to_string(scratch.out().join("events.csv")).unwrap(), "new");
}

#[test]
fn an_interrupted_run_says_why_and_the_next_one_cleans_up() {
    let scratch = Scratch::new("interrupted");
    let mut folder = OutputFolder::open(&scratch.out()).unwrap();
    folder.write("events.csv", b"half").unwrap();
    folder.interrupt("interrupted at 00:10:00.000").unwrap();
    assert_eq!(scratch.names(), ["INCOMPLETE", "events.csv.partial"]);
    let marker = fs::read_to_string(scratch.out().join(INCOMPLETE)).unwrap();
    assert!(marker.contains("interrupted at 00:10:00.000"), "{marker}");
    complete_run(&scratch.out(), &[("summary.json", "{}")]);
    assert_eq!(scratch.names(), ["manifest.json", "summary.json"]);
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let scratch = Scratch::new("foreign");
    fs::create_dir_all(scratch.out()).unwrap();
    fs::write(scratch.out().join("thesis.txt"), "years of work").unwrap();
    let error = OutputFolder::open(&scratch.out()).unwrap_err();
    assert!(error.to_string().contains("holds no results of thirdtry"), "{error}");
    assert!(error.remedy().contains("--out"));
    fs::write(scratch.out().join(MANIFEST), "{\"name\": \"of another program\"}").unwrap();
    assert!(OutputFolder::open(&scratch.out()).is_err());
    assert_eq!(scratch.names(), ["manifest.json", "thesis.txt"]);
}

#[test]
fn a_file_is_no_folder() {
    let scratch = Scratch::new("file");
    fs::write(scratch.out(), "").unwrap();
    let error = OutputFolder::open(&scratch.out()).unwrap_err();
    assert!(error.to_string().ends_with("is a file, not a folder"), "{error}");
}

#[test]
fn what_a_user_put_beside_the_results_stays() {
    let scratch = Scratch::new("notes");
    complete_run(&scratch.out(), &[("events.csv", "1")]);
    fs::write(scratch.out().join("notes.txt"), "mine").unwrap();
    complete_run(&scratch.out(), &[("summary.csv", "2")]);
    assert_eq!(scratch.names(), ["manifest.json", "notes.txt", "summary.csv"]);
}

#[test]
fn a_manifest_cannot_make_us_remove_files_elsewhere() {
    let scratch = Scratch::new("evil");
    fs::create_dir_all(scratch.out()).unwrap();
    fs::write(scratch.0.join("precious"), "").unwrap();
    let manifest = r#"{"thirdtry": "0.1.0", "files": {"../precious": "00", "/etc/hostname": "00"}}"#;
    fs::write(scratch.out().join(MANIFEST), manifest).unwrap();
    complete_run(&scratch.out(), &[]);
    assert!(scratch.0.join("precious").exists());
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let scratch = Scratch::new("names");
    let folder = OutputFolder::open(&scratch.out()).unwrap();
    for name in ["../x", "/x", "", "a/../../x"] {
        assert!(folder.create(name).is_err(), "{name}");
    }
}

#[test]
fn the_same_files_have_the_same_manifest() {
    let (one, two) = (Scratch::new("one"), Scratch::new("two"));
    let manifest = |scratch: &Scratch| {
        complete_run(&scratch.out(), &[("b", "2"), ("a", "1")]);
        fs::read(scratch.out().join(MANIFEST)).unwrap()
    };
    assert_eq!(manifest(&one), manifest(&two));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_names_the_file_and_the_remedy_and_leaves_nothing_under_a_final_name() {
    let scratch = Scratch::new("full");
    complete_run(&scratch.out(), &[("events.csv", "old")]);
    let mut folder = OutputFolder::open(&scratch.out()).unwrap();
    let partial = scratch.out().join("events.csv.partial");
    std::os::unix::fs::symlink("/dev/full", partial).unwrap();
    let error = folder.write("events.csv", b"new").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("events.csv.partial") && text.contains("No space left"), "{text}");
    assert!(error.remedy().starts_with("free some space"));
    folder.interrupt("the disk was full").unwrap();
    assert_eq!(fs::read_to_string(scratch.out().join("events.csv")).unwrap(), "old");
    assert!(scratch.out().join(INCOMPLETE).exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_sink_passes_the_name_of_its_file_on() {
    let scratch = Scratch::new("sink");
    let folder = OutputFolder::open(&scratch.out()).unwrap();
    std::os::unix::fs::symlink("/dev/full", scratch.out().join("events.csv.partial")).unwrap();
    let scenario = crate::observe::test_scenarios::busy();
    let file = folder.create("events.csv").unwrap();
    let mut sink = crate::sink::events_csv::EventsCsv::new(&scenario, file);
    crate::sink::test_support::run(&scenario, &mut sink);
    let error = OutputError::from(sink.finish().err().unwrap());
    assert!(error.path().ends_with("events.csv.partial"), "{error}");
}
