//! The journal of a sweep: what is finished, kept from one sitting to the next.
//!
//! `journal.json` says what the sweep is; `journal.csv` has a row for each finished run, in order, so that what is
//! missing is known from how many there are. A row that was cut short, by a full disk or a kill, is cut off.

use super::error::SweepError;
use super::finish::{Row, header, row_of};
use super::{About, Cell, Shard};
use crate::sink::directory::OutputFolder;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const ABOUT: &str = "journal.json";
const ROWS: &str = "journal.csv";
/// What a finished sweep is, or a share of one.
pub(super) const SWEEP: &str = "sweep.json";

/// What a share of a sweep is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ShareOf {
    /// The sweep.
    #[serde(flatten)]
    pub(super) sweep: About,
    /// Which share of its runs; all of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shard: Option<Shard>,
}

/// The finished runs of one shard.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    shard: Option<Shard>,
    rows: File,
    done: usize,
}

impl Journal {
    /// Opens the journal in `folder`, which must be an output folder of ours or new, for share `shard` of the sweep:
    /// goes on with one that is there, or begins one.
    ///
    /// # Errors
    /// When `folder` is not ours, holds the journal of another sweep, or cannot be read or written.
    pub fn open(folder: &Path, about: &About, shard: Option<Shard>) -> Result<Self, SweepError> {
        // Marks the folder as incomplete, and refuses one that is not ours.
        drop(OutputFolder::open(folder)?);
        let part = ShareOf { sweep: about.clone(), shard };
        let path = folder.join(ABOUT);
        if path.exists() {
            let text = fs::read(&path).map_err(SweepError::io(&path, "read"))?;
            if serde_json::from_slice::<ShareOf>(&text).ok().as_ref() != Some(&part) {
                let message = format!("`{}` holds an unfinished sweep, but not this one", folder.display());
                return Err(SweepError::inconsistent(
                    message,
                    "finish it with the command it was begun with, remove the folder, or choose another with `--out`",
                ));
            }
        } else {
            let text = serde_json::to_vec_pretty(&part).expect("plain data");
            let partial = folder.join(format!("{ABOUT}.partial"));
            fs::write(&partial, text).map_err(SweepError::io(&partial, "write"))?;
            let rows = folder.join(ROWS);
            fs::write(&rows, header(about)).map_err(SweepError::io(&rows, "write"))?;
            fs::rename(&partial, &path).map_err(SweepError::io(&path, "give the final name to"))?;
        }
        Self::go_on(folder, shard)
    }

    /// The rows that are whole, and the place behind the last of them.
    fn go_on(folder: &Path, shard: Option<Shard>) -> Result<Self, SweepError> {
        let path = folder.join(ROWS);
        let failed = || SweepError::io(&path, "go on with");
        let mut rows = OpenOptions::new().read(true).write(true).open(&path).map_err(failed())?;
        // Kept as long as the process lives, however it ends. Some file systems know no locks.
        if let Err(TryLockError::WouldBlock) = rows.try_lock() {
            return Err(SweepError::inconsistent(
                format!("another process is working on the sweep in `{}`", folder.display()),
                "wait until it is done, or stop it; then the same command goes on from there",
            ));
        }
        let (mut whole, mut lines, mut line) = (0, 0, Vec::new());
        let mut reader = BufReader::new(&rows);
        while reader.read_until(b'\n', &mut line).map_err(failed())? > 0 && line.ends_with(b"\n") {
            whole += line.len() as u64;
            lines += 1_usize;
            line.clear();
        }
        rows.set_len(whole).map_err(failed())?;
        rows.seek(SeekFrom::End(0)).map_err(failed())?;
        Ok(Self { folder: folder.to_owned(), shard, rows, done: lines.saturating_sub(1) })
    }

    /// Which share it is of; the whole sweep if it is of no share.
    pub fn shard(&self) -> Shard {
        self.shard.unwrap_or(Shard::WHOLE)
    }

    /// How many runs are finished.
    pub const fn done(&self) -> usize {
        self.done
    }

    /// How many runs there are in all.
    pub fn all(&self, about: &About) -> usize {
        self.shard().runs(about.runs()).count()
    }

    pub(super) fn is_complete(&self, about: &About) -> bool {
        self.done >= self.all(about)
    }

    pub(super) const fn share(&self) -> Option<Shard> {
        self.shard
    }

    /// Keeps a finished run.
    pub(super) fn append(&mut self, about: &About, run: usize, cell: &Cell) -> Result<(), SweepError> {
        let row = row_of(about, run, cell);
        self.rows.write_all(&row).map_err(SweepError::io(&self.folder.join(ROWS), "write"))?;
        self.done += 1;
        Ok(())
    }

    /// The finished runs, each of which must be the one that is due.
    pub(super) fn rows(
        &self,
        about: &About,
    ) -> Result<impl Iterator<Item = Result<Row, SweepError>>, SweepError> {
        // By the same handle: where locks are strict, no other one may read.
        let path = self.folder.join(ROWS);
        let mut file = self.rows.try_clone().map_err(SweepError::io(&path, "read"))?;
        file.seek(SeekFrom::Start(0)).map_err(SweepError::io(&path, "read"))?;
        let mut rows = rows_in(file, &path);
        let folder = self.folder.display().to_string();
        let about = about.clone();
        Ok(self.shard().runs(about.runs()).map(move |run| match rows.next() {
            Some(Ok(row)) if is_of(&row, &about, run) => Ok(row),
            Some(Err(error)) => Err(error),
            _ => Err(SweepError::inconsistent(
                format!("the journal in `{folder}` is not in order"),
                "remove the folder, and run the sweep again",
            )),
        }))
    }

    /// Takes the journal away once everything is written.
    pub(super) fn remove(self) -> Result<(), SweepError> {
        for name in [ABOUT, ROWS] {
            let path = self.folder.join(name);
            fs::remove_file(&path).map_err(SweepError::io(&path, "remove"))?;
        }
        Ok(())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Whether `folder` holds a sweep or a share of one, finished or not.
pub(super) fn is_sweep(folder: &Path) -> bool {
    [ABOUT, SWEEP].iter().any(|name| folder.join(name).exists())
}

/// Whether `row` is of run number `run`: it begins with its point and its replication.
pub(super) fn is_of(row: &Row, about: &About, run: usize) -> bool {
    let (point, replication) = about.place(run);
    row.iter().take(2).eq([point.to_string(), replication.to_string()])
}

/// The rows of a file of cells, without its header.
pub(super) fn read_rows(
    path: &Path,
) -> Result<impl Iterator<Item = Result<Row, SweepError>> + use<>, SweepError> {
    Ok(rows_in(File::open(path).map_err(SweepError::io(path, "read"))?, path))
}

fn rows_in(file: File, path: &Path) -> impl Iterator<Item = Result<Row, SweepError>> + use<> {
    let path = path.to_owned();
    let rows = csv::Reader::from_reader(BufReader::new(file)).into_records();
    rows.map(move |row| {
        row.map_err(|error| {
            SweepError::inconsistent(
                format!("`{}` cannot be understood: {error}", path.display()),
                "run that share again",
            )
        })
    })
}
