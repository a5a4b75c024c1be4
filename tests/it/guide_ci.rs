//! The guide for builds is gone through from end to end in an empty folder, by a shell, as a reader would; what it
//! shows is compared with what is printed. `UPDATE_GOLDEN=1 cargo test --test it guide_ci` writes it into the guide.

use crate::source_files::{root, text};
use crate::support::temporary_folder;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const GUIDE: &str = "docs/guide-ci.md";
const TRAFFIC: &str = "scenarios/templates/order-shipping.traffic.json";
const TEMPLATE: &str = "scenarios/templates/order-shipping.yaml";

#[test]
fn the_guide_for_builds_shows_what_its_commands_print() {
    let folder = temporary_folder("guide-ci");
    fs::create_dir_all(&folder).expect("a writable folder");
    fs::copy(root().join(TEMPLATE), folder.join("template.yaml")).expect("the template is shipped");
    fs::copy(root().join(TRAFFIC), folder.join("traffic.json")).expect("the traffic file is shipped");
    let page = text(GUIDE);
    let mut updated = String::new();
    let mut rest = page.as_str();
    while let Some((before, behind)) = rest.split_once("```sh\n") {
        let (script, behind) = behind.split_once("```\n\n```text\n").expect("each command has its output");
        let (shown, behind) = behind.split_once("```\n").expect("a block ends");
        let printed = run(script, &folder);
        if !is_updating() {
            assert_eq!(printed, shown, "{GUIDE}: this prints something else:\n{script}");
        }
        write!(updated, "{before}```sh\n{script}```\n\n```text\n{printed}```\n")
            .expect("a string takes every text");
        rest = behind;
    }
    if is_updating() {
        fs::write(root().join(GUIDE), updated + rest).expect("a writable checkout");
    }
}

#[test]
fn the_guide_for_builds_shows_the_traffic_file_that_is_shipped() {
    let page = text(GUIDE);
    let (_, behind) = page.split_once("```json\n").expect("it shows a traffic file");
    assert_eq!(behind.split_once("```").expect("a block ends").0, text(TRAFFIC));
}

/// Goal: without any traffic file, a template of the checkout is imported and tested; with one retry less it fails, and
/// says what that does to the events.
#[test]
fn a_template_alone_can_be_tested() {
    let folder = temporary_folder("template-alone");
    fs::create_dir_all(&folder).expect("a writable folder");
    let template = root().join(TEMPLATE);
    let import = format!("thirdtry -q import sam {} --out order.json", template.display());
    let code = |script: &str| run(&format!("{{ {script}; }} >&2; echo $?"), &folder);
    assert_eq!(code(&format!("{import} && thirdtry test order.json")), "0\n");
    assert_eq!(code("thirdtry test --golden order.json"), "98\n");
    assert_eq!(code("thirdtry accept order.json && thirdtry test order.json"), "0\n");
    assert_eq!(code(&format!("{import} --parameter Retries=1 && thirdtry test order.json")), "98\n");
    let said = run("thirdtry test order.json", &folder);
    let sentence = "now sent to the on-failure destination (retries_exhausted); first: Orders #";
    assert!(said.contains(sentence) && said.contains("MaximumRetryAttempts went from 2 to 1"), "{said}");
    assert_eq!(code("thirdtry test order.json --no-fail"), "0\n");
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// What `script` writes to standard output in `folder`, outside of any build server.
fn run(script: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_thirdtry")).parent().expect("it lies in a folder");
    let path = std::env::var("PATH").expect("there is a shell to be found");
    let output = Command::new("bash")
        .args(["-c", script])
        .env("PATH", format!("{}:{path}", program.display()))
        .env_remove("CI")
        .current_dir(folder)
        .output()
        .expect("bash starts");
    String::from_utf8(output.stdout).expect("UTF-8")
}
