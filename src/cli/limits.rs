//! What the machine has, against what a run is estimated to need: a run that cannot fit is refused before it begins,
//! and one that outgrows its memory after all is stopped while its folder can still say so.

use super::args::LimitArgs;
use super::exit::Failure;
use std::path::Path;
use thirdtry::estimate::Estimate;
use thirdtry::record::Files;
use thirdtry::scenario::Scenario;
use thirdtry::scenario::units;
use thirdtry::text::number::{grouped, size};

/// How to run it all the same.
const OVERRIDE: &str = "`--no-estimate` runs it all the same";

/// How much may be in the system at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingLimit {
    events: u64,
    memory: u64,
}

impl PendingLimit {
    /// As much as the memory that the machine has left.
    pub(crate) fn of_the_machine() -> Self {
        let memory = available_memory().unwrap_or(u64::MAX);
        Self { events: Estimate::pending_within(memory, Some(Files::ALL)), memory }
    }

    /// Fails once `in_flight` is more than the memory holds.
    pub(crate) fn check(self, in_flight: usize) -> Result<(), Failure> {
        if in_flight as u64 <= self.events {
            return Ok(());
        }
        Err(Failure::Environment {
            message: format!(
                "stopped: {} events are in the system at a time, and {} of memory hold no more",
                grouped(in_flight as u64),
                size(self.memory)
            ),
            hint: Some(format!("{}, or allow more memory with `--memory`", fewer_pending())),
        })
    }
}

/// Refuses a run that needs more memory or disk than there is; else tells how much may be pending. `folder` is where
/// the files go that are wanted, if any.
pub(crate) fn admit(
    args: LimitArgs,
    scenario: &Scenario,
    folder: Option<(Files, &Path)>,
) -> Result<PendingLimit, Failure> {
    let files = folder.map(|(files, _)| files);
    let memory = args.memory.or_else(available_memory);
    if !args.no_estimate {
        let estimate = Estimate::of(scenario);
        memory.map_or(Ok(()), |memory| fits_memory(&estimate, files, memory))?;
        if let Some((files, path)) = folder
            && let Some(free) = free_space(path)
        {
            fits_disk(&estimate, files, path, free)?;
        }
    }
    let events = memory.map_or(u64::MAX, |memory| Estimate::pending_within(memory, files));
    Ok(PendingLimit { events, memory: memory.unwrap_or(u64::MAX) })
}

/// What each of several runs may need that share the memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryShare {
    bytes: Option<u64>,
    runs: usize,
    no_estimate: bool,
}

impl MemoryShare {
    /// The share of each of `runs` runs that go on at a time.
    pub(crate) fn of(args: LimitArgs, runs: usize) -> Self {
        let memory = args.memory.or_else(available_memory);
        let bytes = memory.map(|memory| memory / runs.max(1) as u64);
        Self { bytes, runs, no_estimate: args.no_estimate }
    }

    /// How much may be pending in each run.
    pub(crate) fn pending_limit(self) -> PendingLimit {
        let events = self.bytes.map_or(u64::MAX, |bytes| Estimate::pending_within(bytes, None));
        PendingLimit { events, memory: self.bytes.unwrap_or(u64::MAX) }
    }

    /// Refuses a run without files that needs more.
    pub(crate) fn admit(self, scenario: &Scenario) -> Result<(), Failure> {
        let Some(bytes) = self.bytes.filter(|_| !self.no_estimate) else { return Ok(()) };
        fits_memory(&Estimate::of(scenario), None, bytes).map_err(|failure| match failure {
            Failure::Environment { message, hint: Some(hint) } if self.runs > 1 => Failure::Environment {
                message: format!("{} runs at a time share the memory: {message}", self.runs),
                hint: Some(format!("run fewer at a time with `--threads`; {hint}")),
            },
            failure => failure,
        })
    }
}

/// Refuses a sweep whose rows of `disk` bytes need more than is free where `path` lies, or whose estimates of `table`
/// bytes need more memory than there is.
pub(crate) fn admit_sweep(args: LimitArgs, table: u64, disk: u64, path: &Path) -> Result<(), Failure> {
    if args.no_estimate {
        return Ok(());
    }
    let refuse = |what: &str, bytes: u64, where_to: &str, free: u64| Failure::Environment {
        message: format!(
            "{what} need about {}, and {where_to} {} free; nothing was run",
            size(bytes),
            size(free)
        ),
        hint: Some(format!(
            "keep fewer metrics with `--metric`, vary less, replicate less, or do a share with `--shard`; {OVERRIDE}"
        )),
    };
    if let Some(memory) = args.memory.or_else(available_memory).filter(|memory| table > *memory) {
        return Err(refuse("the estimates of all points", table, "the memory has", memory));
    }
    match free_space(path).filter(|free| disk > *free) {
        Some(free) => Err(refuse("the rows of all runs", disk, &format!("`{}` has", path.display()), free)),
        None => Ok(()),
    }
}

fn fits_memory(estimate: &Estimate, files: Option<Files>, available: u64) -> Result<(), Failure> {
    let needed = estimate.memory_bytes(files);
    if needed <= available {
        return Ok(());
    }
    Err(Failure::Environment {
        message: format!(
            "about {} events would be in the system at a time, which needs about {} of memory, and there are {}; \
             nothing was run",
            grouped(estimate.peak_pending),
            size(needed),
            size(available)
        ),
        hint: Some(format!("{}; {OVERRIDE}", fewer_pending())),
    })
}

fn fits_disk(estimate: &Estimate, files: Files, path: &Path, free: u64) -> Result<(), Failure> {
    let needed = estimate.disk_bytes(files);
    if needed <= free {
        return Ok(());
    }
    let (largest, bytes) = estimate.file_bytes(files).into_iter().next().unwrap_or_default();
    Err(Failure::Environment {
        message: format!(
            "the results of about {} events need about {} ({} for {largest} alone), and `{}` has {} free; nothing \
             was run",
            grouped(estimate.events),
            size(needed),
            size(bytes),
            path.display(),
            size(free)
        ),
        hint: Some(format!(
            "write less with `--files none` or `--files events`, or `--timeline sample=1/1000`; free some space or \
             choose another disk with `--out`; {OVERRIDE}"
        )),
    })
}

fn fewer_pending() -> String {
    "send fewer events (`--set sources.NAME.max_events=N`), or let them wait less (more concurrency, fewer retries, a \
     lower MaximumEventAgeInSeconds)"
        .to_owned()
}

/// The argument of `--memory`.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    units::size(text)
        .map_err(|(problem, remedy)| if remedy.is_empty() { problem } else { format!("{problem}; {remedy}") })
}

/// The bytes that this process may still use, where the system tells: what the machine has, or its control group.
#[cfg(not(target_family = "wasm"))]
fn available_memory() -> Option<u64> {
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_memory_specifics(sysinfo::MemoryRefreshKind::nothing().with_ram());
    let machine = Some(system.available_memory()).filter(|bytes| *bytes > 0);
    let group = system.cgroup_limits().map(|group| group.free_memory).filter(|bytes| *bytes > 0);
    machine.into_iter().chain(group).min()
}

#[cfg(target_family = "wasm")]
fn available_memory() -> Option<u64> {
    None
}

/// The free bytes of the disk on which `path` lies or will lie, where the system tells.
#[cfg(any(unix, windows))]
fn free_space(path: &Path) -> Option<u64> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|folder| folder.exists())?;
    fs4::available_space(there).ok()
}

#[cfg(not(any(unix, windows)))]
fn free_space(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_memory_and_disk() {
        assert!(available_memory().is_some_and(|bytes| bytes > 1 << 20));
        assert!(free_space(Path::new("no/such/folder/yet")).is_some());
    }
}
