//! Room on the disk for a file that grows, asked for well ahead.
//!
//! A file system that finds room for a file block by block, when the block is written, spends more time on that than
//! on copying what is written. Asked for many blocks at once it finds them at once, side by side.

use std::fs::File;
use std::io;

/// What is asked for at once.
const LOT: u64 = 32 << 20;

/// How much of a file is written, and how much there is room for.
#[derive(Debug, Default)]
pub(super) struct Room {
    written: u64,
    reserved: u64,
    /// The file system does not know how, or has no more: whether what comes fits is told when it is written.
    refused: bool,
}

impl Room {
    /// `bytes` more are about to be written at the end of `file`, and probably more after them.
    pub(super) fn grow(&mut self, file: &File, bytes: u64) {
        if self.written + bytes > self.reserved && !self.refused {
            self.refused = reserve(file, self.written, LOT).is_err();
            self.reserved = self.written + LOT;
        }
        self.written += bytes;
    }

    /// Gives back what `file` does not need: it is as long as it will be.
    ///
    /// # Errors
    /// As for any change of a file.
    pub(super) fn give_back(&mut self, file: &File) -> io::Result<()> {
        if std::mem::take(&mut self.reserved) > 0 { file.set_len(file.metadata()?.len()) } else { Ok(()) }
    }
}

/// Finds room for `file` beyond its end, which stays where it is.
#[cfg(target_os = "linux")]
fn reserve(file: &File, from: u64, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(file, FallocateFlags::KEEP_SIZE, from, bytes)?)
}

/// Elsewhere the end of the file would have to move.
#[cfg(not(target_os = "linux"))]
fn reserve(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    /// Goal: room that a file has and does not need is nobody's in the end. Method: what the system says it takes.
    #[test]
    fn what_was_not_needed_is_given_back() {
        const BYTES: u64 = 3 << 20;
        let path = std::env::temp_dir().join(format!("thirdtry-{}-room", std::process::id()));
        let mut file = File::create(&path).unwrap();
        let mut room = Room::default();
        for _ in 0..3 {
            room.grow(&file, BYTES / 3);
            file.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        let taken = |file: &File| file.metadata().unwrap().blocks() * 512;
        // There are file systems that cannot reserve anything.
        assert!(room.refused || taken(&file) >= LOT);
        room.give_back(&file).unwrap();
        file.sync_all().unwrap();
        assert!(taken(&file) < 2 * BYTES, "{}", taken(&file));
        assert_eq!(file.metadata().unwrap().len(), BYTES);
        std::fs::remove_file(&path).unwrap();
    }
}
