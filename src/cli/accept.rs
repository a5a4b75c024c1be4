//! `accept`: what the last `test` found instead of golden results becomes the golden results.

use super::args::AcceptArgs;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::test::{GoldenMode, discover, is_ci};
use thirdtry::expect::load_checked;
use thirdtry::suite::Case;
use thirdtry::suite::golden::{Damage, Golden, GoldenFolder};

/// Takes what waits; never in a build.
pub(crate) fn execute(args: &AcceptArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    if is_ci() {
        return Err(Failure::Usage {
            message: "`accept` is for people: in a build (the environment has `CI`) nothing is accepted".to_owned(),
            hint: Some("run `thirdtry test` and `thirdtry accept` where you can look at the results, and commit them".to_owned()),
        });
    }
    let found = discover(&args.paths, &[], GoldenMode::Always)?;
    let mut done = 0;
    for case in &found.cases {
        let Some(folder) = &case.golden else { continue };
        let name = case.input.stem();
        let Some(golden) = folder.read_pending(&name).map_err(|damage| damaged(&damage))? else { continue };
        refuse_if_stale(case, &golden)?;
        folder.accept(&name, &golden).map_err(|damage| Failure::environment(damage.to_string()))?;
        terminal.answer(&format!("accepted {}\n", folder.path().join(&name).display()))?;
        done += 1;
    }
    for (folder, names) in &found.folders {
        let stray = folder.unreferenced(names).map_err(|damage| damaged(&damage))?;
        for name in stray {
            folder.remove(&name).map_err(|damage| Failure::environment(damage.to_string()))?;
            terminal.answer(&format!("removed {}: no scenario has it\n", entry(folder, &name)))?;
            done += 1;
        }
    }
    if done == 0 {
        return Err(Failure::Inconsistent {
            message: "nothing waits to be accepted".to_owned(),
            hint: Some("`thirdtry test` leaves what is not as stored; `thirdtry test --golden` makes the first golden results".to_owned()),
        });
    }
    Ok(Exit::Done)
}

fn entry(folder: &GoldenFolder, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn damaged(damage: &Damage) -> Failure {
    Failure::Inconsistent {
        message: damage.to_string(),
        hint: Some("delete it, and run `thirdtry test` again".to_owned()),
    }
}

/// What waits must be of the scenario as it is.
fn refuse_if_stale(case: &Case, golden: &Golden) -> Result<(), Failure> {
    let digest = load_checked(&case.input).map(|loaded| loaded.digest);
    if digest.as_ref().ok() == Some(&golden.facts.scenario_digest) {
        return Ok(());
    }
    Err(Failure::Inconsistent {
        message: format!("`{}` was changed since the result that waits was found", case.input.name),
        hint: Some("run `thirdtry test` again, and look at what it says".to_owned()),
    })
}
