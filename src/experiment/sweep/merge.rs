//! The shares of a sweep, put together: the very bytes that one machine would have written.

use super::error::SweepError;
use super::finish::{Row, SweepTable, write};
use super::journal::{SWEEP, ShareOf, is_of, is_sweep, read_rows};
use super::{About, Pictures, Shard};
use crate::sink::directory::{INCOMPLETE, MANIFEST, hexadecimal};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A share that was read.
struct Share {
    folder: PathBuf,
    about: About,
    shard: Shard,
}

/// Puts the shares in `folders` together and writes the whole sweep into `out`. A folder that is no share stands for
/// those in it.
///
/// # Errors
/// Folders that hold no finished share, or shares of different sweeps; shares that are missing, there twice, or edited;
/// files that cannot be read or written.
pub fn merge(folders: &[PathBuf], out: &Path, pictures: Pictures) -> Result<SweepTable, SweepError> {
    let mut shares = Vec::new();
    for folder in folders {
        let inside = shares_in(folder, out)?;
        let chosen = if inside.is_empty() { std::slice::from_ref(folder) } else { &inside };
        for folder in chosen {
            shares.push(Share::read(folder)?);
        }
    }
    let Some(first) = shares.first() else {
        return Err(SweepError::usage("there is nothing to merge", "name the folders of all shares"));
    };
    if let Some(other) =
        shares.iter().find(|other| other.about != first.about || other.shard.of != first.shard.of)
    {
        return Err(different(first, other));
    }
    shares.sort_by_key(|share| share.shard);
    if let Some(pair) = shares.windows(2).find(|pair| pair[0].shard == pair[1].shard) {
        let (one, two) = (pair[0].folder.display(), pair[1].folder.display());
        let message = format!("share {} is there twice: in `{one}` and in `{two}`", pair[0].shard);
        return Err(SweepError::inconsistent(message, "leave one of them out"));
    }
    let missing = missing(&shares);
    if !missing.is_empty() {
        let message = format!("missing: {}", missing.join(", "));
        let hint = format!("run `thirdtry sweep` with the same options and `--shard {}`", missing[0]);
        return Err(SweepError::inconsistent(message, hint));
    }
    if shares.iter().any(|share| share.folder == out) {
        return Err(SweepError::usage("`--out` is the folder of a share", "choose another folder"));
    }
    let share = ShareOf { sweep: shares[0].about.clone(), shard: None };
    let path = shares[0].folder.join("scenario.resolved.json");
    let resolved = fs::read(&path).map_err(SweepError::io(&path, "read"))?;
    let table = write(&share, &resolved, rows(&shares)?, out, pictures)?;
    Ok(table.expect("it is no share"))
}

/// The sweeps directly in `folder`, by name, unless it is one itself; without `out`, an earlier result.
fn shares_in(folder: &Path, out: &Path) -> Result<Vec<PathBuf>, SweepError> {
    if is_sweep(folder) || !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(SweepError::io(folder, "read"))?;
    let mut inside: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    inside.retain(|path| is_sweep(path) && path != out);
    inside.sort_unstable();
    Ok(inside)
}

fn missing(shares: &[Share]) -> Vec<String> {
    let of = shares[0].shard.of;
    let all = (1..=of).filter_map(|number| Shard::new(number, of));
    all.filter(|shard| !shares.iter().any(|share| share.shard == *shard))
        .map(|shard| shard.to_string())
        .collect()
}

/// How two shares differ, the most telling difference first.
fn different(one: &Share, two: &Share) -> SweepError {
    let (a, b) = (&one.about, &two.about);
    let differences = [
        ("version of thirdtry", a.thirdtry != b.thirdtry || a.model_version != b.model_version),
        ("seed", a.seed != b.seed),
        ("scenario", a.scenario != b.scenario || a.scenario_digest != b.scenario_digest),
        ("grid", a.grid != b.grid || a.points_digest != b.points_digest),
        ("number of replications", a.replications != b.replications),
        ("number of shares", one.shard.of != two.shard.of),
        ("choice of metrics, confidence or warm-up", true),
    ];
    let (what, _) = differences.iter().find(|(_, differs)| *differs).expect("the last always does");
    let message = format!(
        "`{}` and `{}` are not of one sweep: another {what}",
        one.folder.display(),
        two.folder.display()
    );
    SweepError::inconsistent(message, "merge the shares of one sweep only")
}

/// The rows of all shares, in the order of the runs; each is checked to be the one that is due.
fn rows(shares: &[Share]) -> Result<impl Iterator<Item = Result<Row, SweepError>> + use<>, SweepError> {
    let paths: Vec<PathBuf> = shares.iter().map(|share| share.folder.join("cells.csv")).collect();
    let mut readers = paths.iter().map(|path| read_rows(path)).collect::<Result<Vec<_>, _>>()?;
    let about = shares[0].about.clone();
    Ok((0..about.runs()).map(move |run| {
        let at = run % readers.len();
        match readers[at].next() {
            Some(Ok(row)) if is_of(&row, &about, run) => Ok(row),
            Some(Err(error)) => Err(error),
            _ => {
                let (point, replication) = about.place(run);
                Err(SweepError::inconsistent(
                    format!("`{}` lacks replication {replication} of point {point}", paths[at].display()),
                    "run that share again",
                ))
            }
        }
    }))
}

impl Share {
    /// Reads the share in `folder`, and checks that it is finished and as it was written.
    fn read(folder: &Path) -> Result<Self, SweepError> {
        let shown = folder.display();
        if folder.join(INCOMPLETE).exists() {
            let message = format!("`{shown}` holds {INCOMPLETE}: its share has not finished");
            return Err(SweepError::inconsistent(
                message,
                "run its command again: it goes on where it stopped",
            ));
        }
        let nothing = || {
            SweepError::inconsistent(
                format!("`{shown}` holds no share of a sweep"),
                "give folders that `thirdtry sweep … --shard K/N --out DIR` has written",
            )
        };
        let manifest = fs::read(folder.join(MANIFEST)).map_err(|_| nothing())?;
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).map_err(|_| nothing())?;
        let text = fs::read(folder.join(SWEEP)).map_err(|_| nothing())?;
        let part: ShareOf = serde_json::from_slice(&text).map_err(|_| nothing())?;
        let Some(shard) = part.shard else {
            let message = format!("`{shown}` holds a whole sweep, not a share of one");
            return Err(SweepError::inconsistent(message, "there is nothing to merge into it"));
        };
        for name in [SWEEP, "cells.csv", "scenario.resolved.json"] {
            let path = folder.join(name);
            let digest = digest(&path).map_err(SweepError::io(&path, "read"))?;
            if manifest["files"][name].as_str() != Some(digest.as_str()) {
                let message =
                    format!("`{}` is not what the sweep wrote: its SHA-256 differs", path.display());
                return Err(SweepError::inconsistent(message, "run that share again"));
            }
        }
        Ok(Self { folder: folder.to_owned(), about: part.sweep, shard })
    }
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}
