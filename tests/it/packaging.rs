//! What is shipped for other people's builds, each parsed and its commands run: the GitHub Action, the GitLab job, the
//! pre-commit hook, the image.

use crate::cli::{fails, stderr, stdout, thirdtry};
use crate::source_files::{root, text};
use crate::support::temporary_folder;
use saphyr::{LoadableYamlNode, Yaml};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A scenario that loses nothing, with what is expected of it.
fn scenario(folder: &Path, expectation: &str) -> PathBuf {
    let text = format!(
        r#"{{ "version": 1, "functions": {{ "ship": {{ "duration": "1s" }} }},
        "sources": {{ "s": {{ "to": "ship", "arrivals": {{ "times": ["1s", "2s"] }} }} }}, "expect": ["{expectation}"] }}"#
    );
    let file = folder.join("scenarios/order.json");
    fs::create_dir_all(folder.join("scenarios")).expect("a folder");
    fs::write(&file, text).expect("a file");
    file
}

fn yaml(path: &str) -> Yaml<'static> {
    let text: &'static str = text(path).leak();
    Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{path}: {error}")).remove(0)
}

fn word<'y>(yaml: &'y Yaml<'_>) -> &'y str {
    yaml.as_str().unwrap_or_else(|| panic!("not a text: {yaml:?}"))
}

fn list<'y>(yaml: &'y Yaml<'_>) -> Vec<&'y str> {
    yaml.as_vec().expect("a list").iter().map(word).collect()
}

/// A runner of actions: a working folder, and the files through which steps speak.
#[cfg(unix)]
struct Runner {
    folder: PathBuf,
    inputs: Vec<(String, String)>,
    environment: Vec<(String, String)>,
}

#[cfg(unix)]
impl Runner {
    fn new(name: &str, inputs: &[(&str, &str)]) -> Self {
        let folder = temporary_folder(&format!("packaging-{name}"));
        fs::create_dir_all(folder.join("temp")).expect("a folder");
        let action = yaml("action.yml");
        let declared = action["inputs"].as_mapping().expect("inputs");
        let value = |name: &str, default: &Yaml<'_>| {
            let given = inputs.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
            given.unwrap_or_else(|| word(&default["default"])).to_owned()
        };
        let inputs = declared.iter().map(|(name, input)| (word(name).to_owned(), value(word(name), input)));
        Self { inputs: inputs.collect(), environment: Vec::new(), folder }
    }

    /// Runs step `number` of the action as a runner would.
    fn step(&mut self, number: usize) -> Output {
        let action = yaml("action.yml");
        assert_eq!(word(&action["runs"]["using"]), "composite");
        let step = &action["runs"]["steps"][number];
        assert_eq!(word(&step["shell"]), "bash");
        let script = word(&step["run"]);
        assert!(!script.contains("${{"), "nothing from outside becomes a part of the script");
        let file = |name: &str| self.folder.join("temp").join(name);
        fs::write(file("script"), script).expect("a file");
        let variables = step["env"].as_mapping().expect("variables").iter();
        let variables = variables.map(|(name, value)| (word(name).to_owned(), self.value(word(value))));
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(file("script"))
            .current_dir(&self.folder)
            .env("RUNNER_TEMP", self.folder.join("temp"))
            .env("GITHUB_ENV", file("env"))
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .envs(variables)
            .envs(self.environment.iter().cloned())
            .output()
            .expect("bash");
        let set = fs::read_to_string(file("env")).unwrap_or_default();
        let pairs = set.lines().filter_map(|line| line.split_once('='));
        self.environment.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        output
    }

    /// What `${{ … }}` stands for.
    fn value(&self, expression: &str) -> String {
        let inside = expression.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}"));
        match inside.and_then(|inside| inside.split_once('.')) {
            Some(("inputs", name)) => {
                let input = self.inputs.iter().find(|(known, _)| known == name);
                input.unwrap_or_else(|| panic!("no input {name}")).1.clone()
            }
            Some(("github", "action_path")) => root().display().to_string(),
            _ => panic!("{expression}"),
        }
    }

    fn said(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join("temp").join(name)).unwrap_or_default()
    }
}

#[cfg(unix)]
#[test]
fn the_action_tests_scenarios_and_reports() {
    let program = [("program", env!("CARGO_BIN_EXE_thirdtry"))];
    let mut runner = Runner::new("action", &program);
    scenario(&runner.folder, "lost.Sum == 0");
    assert!(stdout(&runner.step(0)).starts_with("thirdtry "));
    let output = runner.step(1);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let outputs = runner.said("output");
    assert_eq!(outputs, "exit-code=0\njunit=thirdtry-report/junit.xml\nmarkdown=thirdtry-report/report.md\n");
    for name in ["junit.xml", "report.md", "report.json"] {
        assert!(runner.folder.join("thirdtry-report").join(name).is_file(), "{name}");
    }
    let report = fs::read_to_string(runner.folder.join("thirdtry-report/report.md")).expect("a report");
    assert_eq!(runner.said("summary"), report);

    // Outputs are those of the step that is called `test`.
    let action = yaml("action.yml");
    for (name, output) in action["outputs"].as_mapping().expect("outputs") {
        assert_eq!(word(&output["value"]), format!("${{{{ steps.test.outputs.{} }}}}", word(name)));
        assert!(outputs.contains(&format!("{}=", word(name))));
    }
    assert_eq!(word(&action["runs"]["steps"][1]["id"]), "test");
}

#[cfg(unix)]
#[test]
fn the_action_fails_with_the_verdict_and_annotates() {
    let mut runner = Runner::new("action-fails", &[("program", env!("CARGO_BIN_EXE_thirdtry"))]);
    scenario(&runner.folder, "lost.Sum > 0");
    runner.step(0);
    let output = runner.step(1);
    assert_eq!(output.status.code(), Some(99), "{}", stderr(&output));
    assert!(stdout(&output).contains("::error"), "{}", stdout(&output));
    assert!(runner.said("output").contains("exit-code=99\n"));
    assert!(!runner.said("summary").is_empty());
}

/// Goal: what others can type into a pull request, such as a path, is never run.
#[cfg(unix)]
#[test]
fn the_action_runs_nothing_that_it_is_given() {
    let paths = "scenarios $(touch pwned) ;touch pwned";
    let mut runner =
        Runner::new("action-given", &[("program", env!("CARGO_BIN_EXE_thirdtry")), ("paths", paths)]);
    scenario(&runner.folder, "lost.Sum == 0");
    runner.step(0);
    assert!(!runner.step(1).status.success());
    assert!(!runner.folder.join("pwned").exists());
}

/// Goal: without a program the action builds its own version. Method: a `cargo` that says what it was asked for.
#[cfg(unix)]
#[test]
fn the_action_builds_its_own_version() {
    use std::os::unix::fs::PermissionsExt;
    let mut runner = Runner::new("action-builds", &[]);
    let cargo = runner.folder.join("bin/cargo");
    let script = format!(
        "#!/bin/sh\necho \"$@\"\nmkdir -p \"$6/bin\" && ln -s {} \"$6/bin/thirdtry\"\n",
        env!("CARGO_BIN_EXE_thirdtry")
    );
    fs::create_dir_all(runner.folder.join("bin")).expect("a folder");
    fs::write(&cargo, script).expect("a file");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("permissions");
    let path = std::env::var("PATH").expect("a path");
    let path = format!("{}:{path}", runner.folder.join("bin").display());
    runner.environment.push(("PATH".to_owned(), path));
    let output = runner.step(0);
    let temp = runner.folder.join("temp/thirdtry").display().to_string();
    let asked = format!("install --locked --path {} --root {temp}\n", root().display());
    assert!(stdout(&output).starts_with(&asked), "{} {}", stdout(&output), stderr(&output));
    assert!(runner.said("env").ends_with("/temp/thirdtry/bin/thirdtry\n"), "{}", runner.said("env"));
}

#[cfg(unix)]
#[test]
fn the_gitlab_job_tests_scenarios_and_keeps_the_report() {
    let job = &yaml("docs/pipeline/gitlab-ci.yml")["thirdtry"];
    let folder = temporary_folder("packaging-gitlab");
    scenario(&folder, "lost.Sum == 0");
    let bin = folder.join(".cargo/bin");
    fs::create_dir_all(&bin).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_thirdtry"), bin.join("thirdtry")).expect("a link");
    let script = [list(&job["before_script"]), list(&job["script"])].concat().join("\n");
    let run = || {
        let variables = job["variables"].as_mapping().expect("variables").iter();
        let project = folder.display().to_string();
        let value = |value: &Yaml<'_>| word(value).replace("$CI_PROJECT_DIR", &project);
        let mut bash = Command::new("bash");
        bash.args(["-eo", "pipefail", "-c", &script]).current_dir(&folder);
        bash.envs(variables.map(|(name, text)| (word(name).to_owned(), value(text))));
        bash.output().expect("bash")
    };
    let output = run();
    assert!(output.status.success(), "{}", stderr(&output));
    let junit = word(&job["artifacts"]["reports"]["junit"]);
    assert!(fs::read_to_string(folder.join(junit)).expect("a report").contains("<testsuite"));
    assert!(junit.starts_with(list(&job["artifacts"]["paths"])[0]));
    scenario(&folder, "lost.Sum > 0");
    assert_eq!(run().status.code(), Some(99));
}

#[cfg(unix)]
#[test]
fn the_hook_checks_changed_scenarios() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    assert_eq!((word(&hook["id"]), word(&hook["language"])), ("thirdtry-check", "rust"));
    let entry: Vec<&str> = word(&hook["entry"]).split(' ').collect();
    let [program, command] = entry[..] else { panic!("{entry:?}") };
    assert_eq!(program, env!("CARGO_PKG_NAME"), "what cargo installs");
    let folder = temporary_folder("packaging-hook");
    let good = scenario(&folder, "lost.Sum == 0").display().to_string();
    let output = thirdtry(&[command, &good, &good]);
    assert!(output.status.success(), "{}", stderr(&output));
    let bad = folder.join("scenarios/bad.json");
    fs::write(&bad, r#"{ "version": 1, "functoins": {} }"#).expect("a file");
    fails(&[command, &good, bad.to_str().expect("UTF-8")], 3, &["did you mean `functions`?"]);

    let names = "scenarios/a.json\nservice/scenarios/b.jsonc\nscenarios/templates/t.yaml\npackage.json\nmyscenarios/c.json\n";
    fs::write(folder.join("names"), names).expect("a file");
    let chosen = Command::new("grep").args(["-E", word(&hook["files"])]).arg(folder.join("names")).output();
    assert_eq!(stdout(&chosen.expect("grep")), "scenarios/a.json\nservice/scenarios/b.jsonc\n");
}

/// Goal: the image holds one program, and whoever runs in it is not root. Method: the instructions, and what the
/// image would start, with the built program in its place. That the program is static is for `.ci/cross-platform` to
/// show, which builds and runs it for musl.
#[test]
fn the_image_is_one_program_without_root() {
    let file = text("Dockerfile");
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let all: Vec<(&str, &str)> = lines.map(|line| line.split_once(' ').expect("an instruction")).collect();
    let known = ["FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"];
    assert!(all.iter().all(|(name, _)| known.contains(name)), "{all:?}");
    let last = all.iter().rposition(|(name, _)| *name == "FROM").expect("a stage");
    let (builder, image) = all.split_at(last);
    assert_eq!(image[0], ("FROM", "scratch"));
    let manifest = text("Cargo.toml");
    let rust = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    assert_eq!(only(builder, "FROM"), format!("rust:{}-alpine AS build", rust.expect("a version")));
    assert_eq!(only(builder, "RUN"), "cargo build --locked --release");
    let built = format!("{}/target/release/thirdtry", only(builder, "WORKDIR"));
    assert_eq!(only(image, "COPY"), format!("--from=build {built} /thirdtry"));
    let (user, group) = only(image, "USER").split_once(':').expect("a user and a group");
    assert!(
        [user, group].iter().all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)),
        "no names, and not root"
    );
    let words = |name: &str| serde_json::from_str::<Vec<String>>(only(image, name)).expect("without a shell");
    assert_eq!(words("ENTRYPOINT"), ["/thirdtry"]);
    let command = words("CMD");
    let output = thirdtry(&command.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success() && stdout(&output).contains("Examples:"), "{}", stderr(&output));
    // The jobs of docs/scale-out mount their volume where the image works.
    assert_eq!(only(image, "WORKDIR"), "/work");
}

/// Goal: the program of the image needs no library, of which there is none. Method: what the compiler does for musl,
/// which the image's builder is, unless told otherwise, as nobody does.
#[test]
fn the_program_of_the_image_is_static() {
    let rustc =
        Command::new("rustc").args(["--print", "cfg", "--target", "x86_64-unknown-linux-musl"]).output();
    assert!(stdout(&rustc.expect("rustc")).contains("target_feature=\"crt-static\""));
    assert!(!text("Dockerfile").contains("RUSTFLAGS") && !root().join(".cargo/config.toml").exists());
}

/// What follows the one instruction `name` of a stage.
fn only<'f>(stage: &[(&str, &'f str)], name: &str) -> &'f str {
    let found: Vec<&str> = stage.iter().filter(|(known, _)| *known == name).map(|(_, rest)| *rest).collect();
    assert_eq!(found.len(), 1, "{name} in {stage:?}");
    found[0]
}
