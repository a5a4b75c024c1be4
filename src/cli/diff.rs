//! `diff`: two scenarios on the same events.

use super::args::{DiffArgs, Format};
use super::exit::{Exit, Failure};
use super::limits::MemoryShare;
use super::progress::RunsProgress;
use super::run::cannot_write;
use super::terminal::Terminal;
use super::{input, interrupt};
use std::path::{Path, PathBuf};
use thirdtry::experiment::diff::{Diff, DiffError, DiffPlan, diff, files, text};
use thirdtry::experiment::{Confidence, all_cores};
use thirdtry::scenario::load::{Input, Loaded, load};
use thirdtry::sink::directory::OutputFolder;
use thirdtry::time::SimTime;

/// Compares the scenarios, writes what was found, and prints it.
pub(crate) fn execute(args: &DiffArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let [a, b] = inputs(args, terminal)?;
    let (a, b) = (input::load_input(&a, terminal)?, input::load_input(&b, terminal)?);
    let plan = plan(args, &a, &b)?;
    // Of each pair both runs go on at a time.
    let memory = MemoryShare::of(args.limits, plan.threads.get() * 2);
    memory.admit(&a.scenario)?;
    memory.admit(&b.scenario)?;
    let folder = match &args.out {
        None if args.png => {
            return Err(usage("`--png` draws pictures into a folder", "say which one with `--out DIR`"));
        }
        None => None,
        Some(path) => Some(OutputFolder::open(path).map_err(|error| cannot_write(&error))?),
    };
    let progress = RunsProgress::new(terminal, plan.replications.get().into()).within(memory.pending_limit());
    let found = diff(&a, &b, &plan, &progress);
    let outgrown = progress.finish();
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let reason = match (&error, &outgrown) {
                (_, Err(_)) => "it was about to need too much memory",
                (DiffError::Stopped, Ok(())) => "it was interrupted",
                (DiffError::NothingInCommon { .. }, Ok(())) => "there was nothing to compare",
            };
            let told = folder.map(|folder| folder.interrupt(reason)).transpose();
            told.map_err(|error| cannot_write(&error))?;
            return Err(outgrown.err().unwrap_or_else(|| failure(&error)));
        }
    };
    if let Some(folder) = folder {
        files::write_all(&found, [&a, &b], args.png, folder).map_err(|error| cannot_write(&error))?;
    }
    show(&found, args.format, terminal)?;
    if let Some(path) = &args.out {
        terminal.note(&format!("wrote {}", path.display()));
    }
    Ok(if args.exit_code && found.differs() { Exit::Differs } else { Exit::Done })
}

/// A and B. A single scenario is both, with the changes of `--set` in B alone.
fn inputs(args: &DiffArgs, terminal: &Terminal) -> Result<[Input; 2], Failure> {
    let read = |name: &str| read(name, args.recordings.as_deref(), terminal);
    let seed: Vec<String> = args.seed.map(|seed| format!("seed={seed}")).into_iter().collect();
    let [a, b] = match &args.b {
        Some(b) if args.a == "-" && b == "-" => {
            return Err(usage("standard input can be one scenario only", "give the other as a file"));
        }
        Some(b) => {
            let both = |input| input::with_sets(input, &args.sets);
            [both(read(&args.a)?)?, both(read(b)?)?]
        }
        None if args.sets.is_empty() => {
            return Err(usage(
                "there is nothing to compare the scenario with",
                "give a second scenario, or what differs: `--set PATH=VALUE`",
            ));
        }
        None => {
            let a = read(&args.a)?;
            let b = input::with_sets(a.clone(), &args.sets)?;
            [a, b]
        }
    };
    Ok([input::with_sets(a, &seed)?, input::with_sets(b, &seed)?])
}

/// A scenario as everywhere, or the one that the finished run in a folder was made from.
fn read(name: &str, recordings: Option<&Path>, terminal: &Terminal) -> Result<Input, Failure> {
    let folder = Path::new(name);
    if !folder.is_dir() {
        return input::read(name);
    }
    let refuse = |what: &str, hint: &str| {
        Err(Failure::Inconsistent {
            message: format!("`{}` holds no finished run: {what}", folder.display()),
            hint: Some(hint.to_owned()),
        })
    };
    let resolved = folder.join("scenario.resolved.json");
    if folder.join("INCOMPLETE").exists() {
        return refuse("it was interrupted", "run it again");
    }
    if !folder.join("manifest.json").is_file() || !resolved.is_file() {
        return refuse(
            "there is no `manifest.json` beside a `scenario.resolved.json`",
            "name the folder of a finished run, or a scenario file",
        );
    }
    let mut found = Input::read(&resolved).map_err(|error| Failure::environment(error.to_string()))?;
    // The folder's name says which run it is; the file has the same name in all of them.
    if let Some(name) = folder.canonicalize().ok().as_deref().and_then(Path::file_name) {
        found.name = format!("{}.json", name.to_string_lossy());
    }
    with_recordings(&found, folder, recordings, terminal)
}

/// The scenario of the run in `folder`, with its recordings where they are: in `recordings`, or without that in the
/// folder itself, then in the current one. They are those of the run if the scenario has the digest that it had.
fn with_recordings(
    found: &Input,
    folder: &Path,
    recordings: Option<&Path>,
    terminal: &Terminal,
) -> Result<Input, Failure> {
    let digest = std::fs::read(folder.join("manifest.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .and_then(|manifest| Some(manifest.get("scenario_digest")?.as_str()?.to_owned()));
    let places = match recordings {
        Some(recordings) => vec![recordings.to_owned()],
        None => vec![folder.to_owned(), PathBuf::new()],
    };
    let (mut another, mut refused) = (None, None);
    for place in places {
        let input = Input { folder: Some(place), ..found.clone() };
        match load(&input) {
            Ok(loaded) if Some(&loaded.digest) == digest.as_ref() => return Ok(input),
            Ok(_) => another = another.or(Some(input)),
            Err(rejected) => refused = refused.or(Some(rejected)),
        }
    }
    if let Some(input) = another {
        terminal.note(&format!(
            "the scenario of `{}` is not what it was in that run: it, or a recording that it names, was changed, or \
             another version of thirdtry wrote it",
            folder.display()
        ));
        return Ok(input);
    }
    Err(Failure::Inconsistent {
        message: format!(
            "the scenario of `{}` cannot be run again: {}",
            folder.display(),
            refused.expect("there is a folder to look in")
        ),
        hint: Some(
            "if it names a recording, give the folder in which that lies with `--recordings DIR`".to_owned(),
        ),
    })
}

fn plan(args: &DiffArgs, a: &Loaded, b: &Loaded) -> Result<DiffPlan, Failure> {
    let warm_up = match args.warm_up {
        None => None,
        Some(_) if !(a.scenario.redrives.is_empty() && b.scenario.redrives.is_empty()) => {
            return Err(usage("a scenario with redrives has no warm-up", "leave out `--warm-up`"));
        }
        Some(span) => Some(SimTime::ZERO + span),
    };
    Ok(DiffPlan {
        confidence: args.confidence.unwrap_or(Confidence::USUAL),
        warm_up,
        listed: args.list,
        threads: args.threads.unwrap_or_else(all_cores),
        ..DiffPlan::new(args.replications)
    })
}

fn show(found: &Diff, format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    match format {
        Format::Text => terminal.answer(&text::text(found)),
        Format::Md => terminal.answer(&text::markdown(found)),
        Format::Json => terminal.answer_bytes(&files::write_json(found, Vec::new())?),
        Format::Csv => terminal.answer_bytes(&files::write_differences(found, Vec::new())?),
    }
}

fn usage(message: &str, hint: &str) -> Failure {
    Failure::Usage { message: message.to_owned(), hint: Some(hint.to_owned()) }
}

fn failure(error: &DiffError) -> Failure {
    match error {
        DiffError::NothingInCommon { .. } => Failure::Inconsistent {
            message: error.to_string(),
            hint: Some(
                "events are paired by the names of their sources: call a source the same in both".to_owned(),
            ),
        },
        DiffError::Stopped => Failure::Interrupted { message: "interrupted; nothing is kept".to_owned() },
    }
}
