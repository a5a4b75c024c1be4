//! Where blocks of bytes become files: hashed and written in order, on a thread of its own where there are threads.
//!
//! ```text
//! sink ──> fills a block ──> writer thread: SHA-256, write ──> the block comes back, empty, or with what went wrong
//! ```
//!
//! One thread serves all files of a folder; it begins with the first full block. Each file has a few blocks that go
//! round, so that nothing is allocated in the long run and a slow disk holds the run up instead of filling memory.
//! Where no thread can be had (WebAssembly), blocks are written in place. The bytes are the same either way.
//!
//! A file may also be one that is there already and that is read along, to see where it parts from what is written.
//!
//! A file is synced when it is complete, and that would take as long as the disk needs for all of it. So a large file
//! is synced piece by piece while it grows, by a second thread, which mostly waits for the disk. It also has room on
//! the disk before it needs it (`room.rs`).

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

use super::comparison::{Comparison, Divergence};
use super::directory::OutputError;
use super::room::Room;

/// The bytes of a block: so many that handing one over costs nothing beside writing it.
const BLOCK: usize = 1 << 19;
/// The blocks of a file: one being filled, one being written, and two for when either is slow for a moment.
const BLOCKS: usize = 4;

/// After so many bytes more a file is synced while it grows, if the disk has done with those before: so little is left
/// to wait for at the end.
const PIECE: u64 = 4 << 20;

/// What all files of a folder share.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// The thread, once there is need for it; `None` inside if there can be none.
    lane: OnceLock<Option<Lane>>,
    failure: Arc<FirstFailure>,
}

/// The first failure of any file, for whoever asks before the files are complete.
#[derive(Debug, Default)]
struct FirstFailure(Mutex<Option<OutputError>>);

/// The way to the thread.
#[derive(Debug)]
struct Lane {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// A block to be written.
struct Job {
    target: Arc<Mutex<Target>>,
    block: Vec<u8>,
}

/// The end of a file at which it is written. Whoever has it locked writes; the sink does so only while none of its
/// blocks is under way, and closes the room of a file that it gives up.
#[derive(Debug)]
struct Target {
    disk: Arc<OnDisk>,
    hash: Sha256,
    /// Bytes written since the last time that it was to be synced.
    unsynced: u64,
    room: Room,
    failure: Arc<FirstFailure>,
    /// The stored file that is read along, if nothing is to be written.
    comparison: Option<Comparison>,
    /// Where blocks come back to.
    back: SyncSender<Result<Vec<u8>, OutputError>>,
}

/// The file itself.
#[derive(Debug)]
struct OnDisk {
    path: PathBuf,
    /// What is written into; `None` if a stored file is compared, or there is none to compare.
    file: Option<File>,
    /// Locked while it is synced. An error of syncing is told only once by the system, so it is kept.
    synced: Mutex<Result<(), OutputError>>,
}

/// A file of the output folder while it is written: hashed and counted.
#[derive(Debug)]
pub struct OutputFile {
    pub(super) name: String,
    writer: Arc<Writer>,
    disk: Arc<OnDisk>,
    target: Arc<Mutex<Target>>,
    block: Vec<u8>,
    /// Blocks that came back.
    back: Receiver<Result<Vec<u8>, OutputError>>,
    /// How many are at the thread.
    away: usize,
    failure: Option<OutputError>,
    bytes: u64,
}

impl Writer {
    /// What went wrong first, if anything did.
    pub(super) fn failure(&self) -> Option<OutputError> {
        locked(&self.failure.0).as_ref().map(OutputError::again)
    }

    /// The file at `path`, to be known as `name`.
    pub(super) fn begin(self: &Arc<Self>, name: String, path: PathBuf, file: File) -> OutputFile {
        self.open(name, path, Some(file), None)
    }

    /// The file `stored` at `path`, to be known as `name`: what is written is held against it, and goes nowhere.
    pub(super) fn compare(self: &Arc<Self>, name: String, path: PathBuf, stored: Option<File>) -> OutputFile {
        self.open(name, path, None, stored.map(Comparison::with))
    }

    fn open(
        self: &Arc<Self>,
        name: String,
        path: PathBuf,
        file: Option<File>,
        comparison: Option<Comparison>,
    ) -> OutputFile {
        let (sender, back) = mpsc::sync_channel(BLOCKS);
        let disk = Arc::new(OnDisk { path, file, synced: Mutex::new(Ok(())) });
        let target = Target {
            disk: disk.clone(),
            hash: Sha256::new(),
            unsynced: 0,
            room: Room::default(),
            failure: self.failure.clone(),
            comparison,
            back: sender,
        };
        OutputFile {
            name,
            writer: self.clone(),
            disk,
            target: Arc::new(Mutex::new(target)),
            block: Vec::new(),
            back,
            away: 0,
            failure: None,
            bytes: 0,
        }
    }

    fn lane(&self) -> Option<&SyncSender<Job>> {
        self.lane.get_or_init(|| Lane::open().ok()).as_ref()?.jobs.as_ref()
    }
}

impl Lane {
    fn open() -> io::Result<Self> {
        // No more than a few blocks of each file are under way, so that this is seldom full.
        let (jobs, inbox) = mpsc::sync_channel::<Job>(4 * BLOCKS);
        let thread = thread::Builder::new().name("writer".to_owned());
        let thread = thread.spawn(move || {
            let mut syncer = None;
            for Job { target, block } in inbox {
                let mut target = locked(&target);
                target.take(block);
                if target.unsynced >= PIECE {
                    let syncer = syncer.get_or_insert_with(Syncer::start);
                    target.ask_to_sync(syncer);
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }
}

/// The last of the folder and its files is gone, so nothing is under way any more.
impl Drop for Lane {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // All that it could say is that it panicked, and then the files have said so.
            thread.join().unwrap_or_default();
        }
    }
}

/// The thread that syncs files while they grow, or nothing where there can be none. One file at a time, and one more
/// may wait.
struct Syncer {
    files: Option<SyncSender<Arc<OnDisk>>>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    fn start() -> Self {
        let (files, inbox) = mpsc::sync_channel::<Arc<OnDisk>>(1);
        let thread = thread::Builder::new().name("syncer".to_owned());
        let thread = thread.spawn(move || inbox.iter().for_each(|disk| disk.sync_piece()));
        Self { files: Some(files), thread: thread.ok() }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.files = None;
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_default();
        }
    }
}

impl OnDisk {
    /// Makes durable what has been written so far.
    fn sync_piece(&self) {
        let mut synced = locked(&self.synced);
        if synced.is_ok()
            && let Some(file) = &self.file
        {
            *synced = file.sync_data().map_err(OutputError::io(&self.path, "write"));
        }
    }

    /// Makes all of it durable, size and all.
    fn sync(&self) -> Result<(), OutputError> {
        let synced = locked(&self.synced);
        synced.as_ref().map_err(OutputError::again)?;
        let all = self.file.as_ref().map_or(Ok(()), File::sync_all);
        all.map_err(OutputError::io(&self.path, "write"))
    }
}

impl Target {
    /// If the syncer has no time, the file is asked for again with the next block; its end is synced in any case.
    fn ask_to_sync(&mut self, syncer: &Syncer) {
        if syncer.files.as_ref().is_some_and(|files| files.try_send(self.disk.clone()).is_ok()) {
            self.unsynced = 0;
        }
    }

    /// Writes `block` and sends it back.
    fn take(&mut self, mut block: Vec<u8>) {
        let written = self.write(&block);
        block.clear();
        // A file that was given up waits for nothing.
        self.back.send(written.map(|()| block)).unwrap_or_default();
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let OnDisk { path, file, .. } = &*self.disk;
        self.hash.update(bytes);
        let done = if let Some(mut file) = file.as_ref() {
            self.unsynced += bytes.len() as u64;
            // A file that is not large is not worth asking for room.
            if bytes.len() == BLOCK {
                self.room.expect(file, BLOCK as u64);
            }
            file.write_all(bytes).map_err(OutputError::io(path, "write"))
        } else if let Some(comparison) = &mut self.comparison {
            comparison.feed(bytes).map_err(OutputError::io(path, "read"))
        } else {
            Ok(())
        };
        done.inspect_err(|error| {
            locked(&self.failure.0).get_or_insert_with(|| error.again());
        })
    }
}

impl OutputFile {
    /// Bytes written so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes what is left, makes it durable, and returns the SHA-256 of all.
    pub(super) fn complete(&mut self) -> Result<[u8; 32], OutputError> {
        self.settle()?;
        self.close_room();
        self.disk.sync()?;
        Ok(locked(&self.target).hash.clone().finalize().into())
    }

    /// All is written that there is: where the stored file parts from it, if there is a stored file.
    pub(super) fn compared(&mut self) -> Result<Option<Divergence>, OutputError> {
        let comparison = locked(&self.target).comparison.take();
        let found = comparison.map_or(Ok(None), Comparison::finish);
        found.map_err(OutputError::io(&self.disk.path, "read"))
    }

    /// Makes room in the block by handing it on.
    fn hand_on(&mut self) -> Result<(), OutputError> {
        let Some(lane) = self.writer.lane() else { return self.settle() };
        let jobs = lane.clone();
        let empty = self.next_block()?;
        let block = std::mem::replace(&mut self.block, empty);
        let job = Job { target: self.target.clone(), block };
        jobs.send(job).map_err(|_| self.stopped())?;
        self.away += 1;
        Ok(())
    }

    /// A block that came back, or a new one as long as there are few. Waits if they are all under way.
    fn next_block(&mut self) -> Result<Vec<u8>, OutputError> {
        match self.back.try_recv() {
            Ok(back) => self.came_back(back),
            Err(_) if self.away + 1 < BLOCKS => Ok(Vec::with_capacity(BLOCK)),
            Err(_) => self.wait_for_block(),
        }
    }

    fn wait_for_block(&mut self) -> Result<Vec<u8>, OutputError> {
        let back = self.back.recv().map_err(|_| self.stopped())?;
        self.came_back(back)
    }

    fn came_back(&mut self, back: Result<Vec<u8>, OutputError>) -> Result<Vec<u8>, OutputError> {
        self.away -= 1;
        back.inspect_err(|error| self.failure = Some(error.again()))
    }

    /// Waits for what is under way and writes the rest.
    fn settle(&mut self) -> Result<(), OutputError> {
        if let Some(failure) = &self.failure {
            return Err(failure.again());
        }
        while self.away > 0 {
            self.wait_for_block()?;
        }
        let written = locked(&self.target).write(&self.block);
        self.block.clear();
        written.inspect_err(|error| self.failure = Some(error.again()))
    }

    /// The file will not grow any more, but by what is under way.
    fn close_room(&self) {
        if let Some(file) = &self.disk.file {
            locked(&self.target).room.close(file);
        }
    }

    fn stopped(&self) -> OutputError {
        OutputError::io(&self.disk.path, "write")(io::Error::other("the thread that writes has stopped"))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(failure) = &self.failure {
            return Err(failure.again().into_io());
        }
        if self.block.capacity() == 0 {
            self.block.reserve_exact(BLOCK);
        }
        if self.block.len() == BLOCK {
            self.hand_on().map_err(OutputError::into_io)?;
        }
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    /// Waits until all is written.
    fn flush(&mut self) -> io::Result<()> {
        self.settle().map_err(OutputError::into_io)
    }
}

/// A file that is given up keeps what was written so far.
impl Drop for OutputFile {
    fn drop(&mut self) {
        self.settle().unwrap_or_default();
        self.close_room();
    }
}

/// Whoever panicked while holding the lock has left nothing half done that anybody would rely on: the files of a run
/// that panicked never get their names.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::directory::hexadecimal;
    use std::fs;
    use std::path::Path;

    /// A file of `writer` in a folder of its own, gone afterwards.
    fn with_file(name: &str, writer: &Arc<Writer>, test: impl FnOnce(OutputFile, &Path)) {
        let path = std::env::temp_dir().join(format!("thirdtry-{}-writer-{name}", std::process::id()));
        test(writer.begin(name.to_owned(), path.clone(), File::create(&path).unwrap()), &path);
        fs::remove_file(&path).unwrap_or_default();
    }

    /// A writer that finds no thread.
    fn inline() -> Arc<Writer> {
        let writer = Writer::default();
        writer.lane.set(None).unwrap();
        Arc::new(writer)
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 + at / 251).to_le_bytes()[0]).collect()
    }

    #[test]
    fn what_goes_in_comes_out_in_order_with_its_digest_thread_or_not() {
        for (name, writer) in [("thread", Arc::new(Writer::default())), ("inline", inline())] {
            for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 11 * BLOCK + 17] {
                let content = pattern(length);
                with_file(name, &writer, |mut file, path| {
                    for part in content.chunks(BLOCK / 3 + 5) {
                        file.write_all(part).unwrap();
                    }
                    let digest = file.complete().unwrap();
                    assert!(fs::read(path).unwrap() == content, "{name} {length}");
                    assert_eq!(digest[..], Sha256::digest(&content)[..], "{}", hexadecimal(&digest));
                    assert_eq!(file.bytes(), length as u64);
                });
            }
        }
    }

    /// Goal: room that a file had ahead is nobody's when it is complete, or given up. Method: what the system says it
    /// takes.
    #[cfg(target_os = "linux")]
    #[test]
    fn no_room_is_kept_beyond_the_end() {
        use std::os::unix::fs::MetadataExt;
        for writer in [Arc::new(Writer::default()), inline()] {
            for given_up in [false, true] {
                with_file("room", &writer, |mut file, path| {
                    file.write_all(&pattern(5 * BLOCK + 17)).unwrap();
                    if given_up {
                        drop(file);
                    } else {
                        file.complete().unwrap();
                    }
                    let file = File::open(path).unwrap();
                    file.sync_all().unwrap();
                    let (taken, block) = (512 * file.metadata().unwrap().blocks(), BLOCK as u64);
                    assert!(taken < 6 * block, "{taken}, given up: {given_up}");
                    assert_eq!(file.metadata().unwrap().len(), 5 * block + 17);
                });
            }
        }
    }

    #[test]
    fn small_files_need_no_thread() {
        let writer = Arc::new(Writer::default());
        with_file("small", &writer, |mut file, _| {
            file.write_all(&pattern(BLOCK)).unwrap();
            file.complete().unwrap();
        });
        assert!(writer.lane.get().is_none());
    }

    #[test]
    fn a_file_that_is_dropped_keeps_what_was_written() {
        let writer = Arc::new(Writer::default());
        with_file("dropped", &writer, |mut file, path| {
            file.write_all(&pattern(2 * BLOCK + 3)).unwrap();
            drop(file);
            assert!(fs::read(path).unwrap() == pattern(2 * BLOCK + 3));
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_by_the_file_again_and_again_and_by_the_writer_before_that() {
        for writer in [Arc::new(Writer::default()), inline()] {
            let path = PathBuf::from("/dev/full");
            let full = fs::OpenOptions::new().write(true).open(&path).unwrap();
            let mut file = writer.begin("full".to_owned(), path.clone(), full);
            assert!(writer.failure().is_none());
            let block = pattern(BLOCK);
            let written: io::Result<()> = (0..100).try_for_each(|_| file.write_all(&block));
            assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert_eq!(writer.failure().unwrap().path(), path);
            assert_eq!(file.write(b"more").unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert_eq!(file.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert!(file.complete().is_err());
            // Another file may well lie on another disk.
            with_file("other", &writer, |mut other, _| {
                other.write_all(&pattern(3 * BLOCK)).unwrap();
                other.complete().unwrap();
            });
        }
    }
}
