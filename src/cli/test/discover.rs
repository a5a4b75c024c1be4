//! Which scenarios are meant, and where their golden results lie.

use super::Folders;
use crate::cli::exit::Failure;
use crate::cli::input;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use thirdtry::suite::Case;
use thirdtry::suite::golden::GoldenFolder;

/// Where scenarios lie, unless somebody says otherwise.
const USUAL: &str = "scenarios";

/// Whether scenarios are held against golden results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GoldenMode {
    /// Where there are some beside them.
    WhereThereAre,
    /// All of them.
    Always,
    /// None.
    Never,
}

/// What was found.
pub(crate) struct Discovered {
    /// The scenarios, in order.
    pub(crate) cases: Vec<Case>,
    /// Folders all of whose scenarios are tested: their golden results, and the names that may have one.
    pub(crate) folders: Folders,
}

/// The scenarios at `paths`: a folder stands for the `.json` and `.jsonc` files that lie in it, not those below.
pub(crate) fn discover(paths: &[String], sets: &[String], mode: GoldenMode) -> Result<Discovered, Failure> {
    let usual = if Path::new(USUAL).is_dir() { USUAL } else { "." };
    let given: Vec<&str> =
        if paths.is_empty() { vec![usual] } else { paths.iter().map(String::as_str).collect() };
    let mut found = Discovered { cases: Vec::new(), folders: Vec::new() };
    let mut seen = BTreeSet::new();
    for name in given {
        let path = Path::new(name);
        if !path.is_dir() {
            let folder = path.is_file().then(|| parent(path));
            found.take(name, folder.as_deref(), sets, mode, &mut seen)?;
            continue;
        }
        let files = scenarios_in(path)?;
        for file in &files {
            found.take(&file.display().to_string(), Some(path), sets, mode, &mut seen)?;
        }
        if let Some(golden) = golden_of(path, mode).filter(GoldenFolder::exists) {
            found.folders.push((golden, files.iter().map(|file| stem(file)).collect()));
        }
    }
    found.refuse_namesakes()?;
    Ok(found)
}

impl Discovered {
    fn take(
        &mut self,
        name: &str,
        folder: Option<&Path>,
        sets: &[String],
        mode: GoldenMode,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        if seen.insert(name.to_owned()) {
            let input = input::with_sets(input::read(name)?, sets)?;
            self.cases.push(Case { input, golden: folder.and_then(|folder| golden_of(folder, mode)) });
        }
        Ok(())
    }

    /// Two scenarios of one name would share a golden result.
    fn refuse_namesakes(&self) -> Result<(), Failure> {
        let mut known = BTreeMap::new();
        for case in &self.cases {
            let Some(golden) = &case.golden else { continue };
            let other = known.insert((golden.path().to_owned(), case.input.stem()), &case.input.name);
            if let Some(other) = other.filter(|other| *other != &case.input.name) {
                return Err(Failure::Usage {
                    message: format!(
                        "`{other}` and `{}` have one name, and so one golden result",
                        case.input.name
                    ),
                    hint: Some(
                        "give one of them another name, or leave golden results out with `--no-golden`"
                            .to_owned(),
                    ),
                });
            }
        }
        Ok(())
    }
}

fn golden_of(folder: &Path, mode: GoldenMode) -> Option<GoldenFolder> {
    let golden = GoldenFolder::beside(folder);
    match mode {
        GoldenMode::Always => Some(golden),
        GoldenMode::WhereThereAre => golden.exists().then_some(golden),
        GoldenMode::Never => None,
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn scenarios_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::environment(format!("`{}` cannot be read: {error}", folder.display()))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let is_scenario = [Some(OsStr::new("json")), Some(OsStr::new("jsonc"))].contains(&path.extension());
        if is_scenario && path.is_file() {
            // What the current folder holds is called by its bare name.
            let bare = path.strip_prefix(".").map(Path::to_owned);
            files.push(bare.unwrap_or(path));
        }
    }
    if files.is_empty() {
        return Err(Failure::Usage {
            message: format!("there is no scenario in `{}`", folder.display()),
            hint: Some("name files, or a folder in which `.json` or `.jsonc` files lie".to_owned()),
        });
    }
    files.sort_unstable();
    Ok(files)
}

/// Whether this is a build: then nothing is stored.
pub(crate) fn is_ci() -> bool {
    let value = std::env::var("CI").unwrap_or_default();
    !matches!(value.to_lowercase().as_str(), "" | "0" | "false" | "no")
}
