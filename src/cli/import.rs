//! `import`: infrastructure code or measured metrics become a scenario.

use super::args::ReportFormat;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use thirdtry::import::book::{Note, Problem, Verdict};
use thirdtry::import::cloudwatch;
use thirdtry::import::traffic::Traffic;
use thirdtry::import::{Imported, Language, MAX_BYTES, Options, SourceFile, import};
use thirdtry::text::number::counted;

/// Arguments of `import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    kind: ImportKind,
}

/// What is imported.
#[derive(Debug, Subcommand)]
enum ImportKind {
    /// AWS SAM templates, YAML or JSON
    Sam(TemplateArgs),
    /// AWS CloudFormation templates, YAML or JSON, such as those that `cdk synth` writes
    Cloudformation(TemplateArgs),
    /// Terraform: a folder, files in HCL, files of variables, plans from `terraform show -json`
    Terraform(TemplateArgs),
    /// Serverless Framework: serverless.yml, and behind it the files that it includes
    Serverless(TemplateArgs),
    /// Metrics of CloudWatch: answers of get-metric-data and get-metric-statistics, tables, folders of them
    Cloudwatch(MetricArgs),
}

/// Arguments for metrics.
#[derive(Args, Debug)]
struct MetricArgs {
    /// Files of JSON or CSV, or folders with such files, as `export cloudwatch` writes them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What a column of a table means: timestamp, function, metric, Sum, Invocations, Duration.p99 …; can be repeated
    #[arg(long = "column", value_name = "ROLE=COLUMN")]
    columns: Vec<String>,
    /// The function of files that do not name one
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// The scenario to write; the arrivals go beside it, into NAME.arrivals.csv
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite files that no import has made
    #[arg(long)]
    force: bool,
    /// The form of the report of what was taken, assumed and ignored
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

/// Arguments for infrastructure code.
#[derive(Args, Debug)]
struct TemplateArgs {
    /// The files; `-` for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The value of a parameter, or of something else that the files leave open; can be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// A file with what no template knows: arrivals, durations, failures (docs/import.md)
    #[arg(long, value_name = "FILE")]
    traffic: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// Where the scenario goes.
#[derive(Args, Debug)]
struct Output {
    /// The file to write; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite a file that no import has made
    #[arg(long, requires = "out")]
    force: bool,
    /// The form of the report of what was taken, assumed and ignored
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

/// Imports, writes the scenario, and reports what became of everything.
pub(crate) fn execute(args: &ImportArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let (language, args) = match &args.kind {
        ImportKind::Sam(args) | ImportKind::Cloudformation(args) => (Language::CloudFormation, args),
        ImportKind::Terraform(args) => (Language::Terraform, args),
        ImportKind::Serverless(args) => (Language::Serverless, args),
        ImportKind::Cloudwatch(args) => return metrics(args, terminal),
    };
    let mut files = Vec::new();
    for path in &args.files {
        for path in if language == Language::Terraform { files_of_module(path)? } else { vec![path.clone()] }
        {
            files.push(read(&path)?);
        }
    }
    let traffic = match &args.traffic {
        Some(path) => Some(Traffic::read(&read(path)?).map_err(|problem| invalid(&[problem]))?),
        None => None,
    };
    let folder = args.output.out.as_deref().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_owned);
    let options = Options {
        parameters: pairs("--parameter", "Stage=prod", &args.parameters)?,
        traffic,
        folder: Some(folder),
    };
    let imported = import(language, &files, &options).map_err(|problems| invalid(&problems))?;
    deliver(&imported, &args.output, terminal)
}

/// Imports metrics, and writes the scenario and its arrivals.
fn metrics(args: &MetricArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &args.files {
        collect(path, &mut files)?;
    }
    let files = files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let stem = args.out.file_stem().unwrap_or_default().to_string_lossy();
    let options = cloudwatch::Options {
        columns: pairs("--column", "timestamp=Time", &args.columns)?,
        function: args.function.clone(),
        arrivals_file: format!("{stem}.arrivals.csv"),
    };
    let imported = cloudwatch::import(&files, &options).map_err(|problems| invalid(&problems))?;
    let arrivals = args.out.with_file_name(&options.arrivals_file);
    // The arrivals belong to the scenario: who may replace that may replace them.
    let is_ours = args.force || (args.out.exists() && may_replace(&args.out));
    if !args.force && !may_replace(&args.out) {
        return Err(not_ours(&args.out));
    }
    if !is_ours && arrivals.exists() {
        return Err(not_ours(&arrivals));
    }
    write_file(&arrivals, &imported.arrivals, true)?;
    write_file(&args.out, imported.scenario.as_bytes(), true)?;
    terminal.answer(&report(
        &counted(imported.functions.len() as u64, "function"),
        &imported.notes,
        args.format,
    ))?;
    terminal.note(&format!(
        "wrote {0} and {1}; next: thirdtry run {0}",
        args.out.display(),
        arrivals.display()
    ));
    Ok(Exit::Done)
}

/// A file itself, or all tables and answers in a folder and below, in the order of their names.
pub(super) fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let failed =
        |error: &io::Error| Failure::environment(format!("{} cannot be read: {error}", path.display()));
    let entries = fs::read_dir(path).map_err(|error| failed(&error))?;
    let mut inside = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(&error))?;
    inside.sort();
    for path in inside {
        let extension = path.extension().unwrap_or_default();
        let is_manifest = path.file_name().is_some_and(|name| name == "manifest.json");
        if path.is_dir() || ((extension == "json" || extension == "csv") && !is_manifest) {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// Shows problems; the failure closes the list.
fn invalid(problems: &[Problem]) -> Failure {
    Failure::Invalid { message: format!("{}; no scenario was made", show_problems(problems)) }
}

/// Shows problems, and says how many they are.
pub(super) fn show_problems(problems: &[Problem]) -> String {
    for problem in problems {
        Terminal::problem(&format!("error: {problem}\n"));
    }
    counted(problems.len() as u64, "problem")
}

/// A file itself; of a folder the files that Terraform would read, in the order of their names.
fn files_of_module(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |message: String| Failure::Environment {
        message: format!("{}: {message}", path.display()),
        hint: Some("give a folder with files of Terraform, or the files".to_owned()),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| failed(error.to_string()))? {
        let file = entry.map_err(|error| failed(error.to_string()))?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_read = file.extension().is_some_and(|extension| extension == "tf")
            || name.ends_with(".auto.tfvars")
            || name == "terraform.tfvars";
        if is_read && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err(failed("there is no file of Terraform in it".to_owned())) } else { Ok(files) }
}

/// Options of the form `NAME=VALUE`.
pub(super) fn pairs(option: &str, example: &str, given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| Failure::Usage {
            message: format!("`{option} {text}` has no `=`"),
            hint: Some(format!("write it as in `{option} {example}`")),
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}

/// Reads a file, and not more of it than the import needs to see that it is too large.
pub(super) fn read(path: &Path) -> Result<SourceFile, Failure> {
    let limit = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::Environment {
        message: format!("{} cannot be read: {error}", path.display()),
        hint: Some("give the template's file, or `-` for standard input".to_owned()),
    })?;
    Ok(SourceFile { name: path.display().to_string(), bytes })
}

/// The scenario to its file and the report to standard output, or the scenario there and the report beside it.
fn deliver(imported: &Imported, output: &Output, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let application = &imported.application;
    let title = [
        counted(application.functions.len() as u64, "function"),
        counted(application.destinations.len() as u64, "destination"),
        counted(application.sources.len() as u64, "source"),
    ];
    let report = report(&title.join(", "), &imported.notes, output.format);
    match &output.out {
        Some(path) if path.as_os_str() != "-" => {
            write_file(path, imported.scenario.as_bytes(), output.force)?;
            terminal.answer(&report)?;
            terminal.note(&format!("wrote {0}; next: thirdtry run {0}", path.display()));
        }
        _ => {
            terminal.answer(&imported.scenario)?;
            terminal.note(report.trim_end());
        }
    }
    Ok(Exit::Done)
}

/// The words with which every imported scenario begins.
const MADE_BY_US: &[u8] = b"// Made by `thirdtry import`";

/// Writes a file under a temporary name and renames it. An earlier import is replaced, nothing else is.
fn write_file(path: &Path, content: &[u8], force: bool) -> Result<(), Failure> {
    let failed =
        |error: &io::Error| Failure::environment(format!("cannot write {}: {error}", path.display()));
    if !force && !may_replace(path) {
        return Err(not_ours(path));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::File::create(&part).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, path)).map_err(|error| {
        // The half-written file is of no use; that it is gone is not worth a second message.
        let _ = fs::remove_file(&part);
        failed(&error)
    })
}

fn not_ours(path: &Path) -> Failure {
    Failure::Environment {
        message: format!("{} exists, and no import has made it", path.display()),
        hint: Some("give another name, or --force to overwrite it".to_owned()),
    }
}

fn may_replace(path: &Path) -> bool {
    let mut begin = vec![0; MADE_BY_US.len()];
    match fs::File::open(path) {
        Ok(mut file) => file.read_exact(&mut begin).is_ok() && begin == MADE_BY_US,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn report(title: &str, notes: &[Note], format: ReportFormat) -> String {
    match format {
        ReportFormat::Text => report_text(title, notes),
        ReportFormat::Json => report_json(notes),
    }
}

fn report_text(title: &str, notes: &[Note]) -> String {
    let mut text = format!("{title}\n");
    for verdict in Verdict::ALL {
        let notes: Vec<&Note> = notes.iter().filter(|note| note.verdict == verdict).collect();
        if notes.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", heading(verdict));
        for note in notes {
            let place = note.origin.to_string();
            let place = if place.is_empty() { String::new() } else { format!("  ({place})") };
            let _ = writeln!(text, "  {}{place}", note.text);
        }
    }
    text
}

const fn heading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Taken => "Taken",
        Verdict::Assumed => "Assumed",
        Verdict::Placeholder => "Placeholders: give what they stand for with --traffic FILE",
        Verdict::Ignored => "Ignored",
    }
}

fn report_json(notes: &[Note]) -> String {
    let of = |verdict: Verdict| -> Vec<_> {
        let notes = notes.iter().filter(|note| note.verdict == verdict);
        let object = |note: &Note| {
            json!({
                "text": note.text,
                "file": note.origin.file,
                "line": (note.origin.line > 0).then_some(note.origin.line),
                "resource": note.origin.resource,
            })
        };
        notes.map(object).collect()
    };
    let report: serde_json::Map<String, serde_json::Value> =
        Verdict::ALL.into_iter().map(|verdict| (verdict.name().to_owned(), json!(of(verdict)))).collect();
    format!("{}\n", serde_json::to_string_pretty(&report).expect("plain data"))
}
