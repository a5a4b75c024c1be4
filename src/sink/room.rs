//! Room on the disk for a file that grows, asked for ahead.
//!
//! A file system that finds room for a file block by block, when the block is written, spends more time on that than
//! on copying what is written. Asked for many blocks at once it finds them at once, side by side. Nothing depends on
//! it: where there is no room to be had ahead, what is written finds its own, or is told that there is none.

use std::fs::File;
use std::io::{self, ErrorKind};

/// What is asked for at once: as much again as is written, within these bounds.
const LEAST: u64 = 1 << 20;
const MOST: u64 = 8 << 20;

/// How much of a file is written, and up to where there is room for it.
#[derive(Debug, Default)]
pub(super) struct Room {
    written: u64,
    /// Beyond what is written only as long as room is kept for more.
    reserved: u64,
    /// No more is asked for: the file system does not know how or has no more, or the file is as long as it will be.
    closed: bool,
}

impl Room {
    /// `bytes` more are about to be written at the end of `file`.
    pub(super) fn expect(&mut self, file: &File, bytes: u64) {
        if self.written + bytes > self.reserved && !self.closed {
            let lot = bytes + self.written.clamp(LEAST, MOST);
            match reserve(file, self.written, lot) {
                Ok(()) => self.reserved = self.written + lot,
                Err(error) => {
                    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
                        // It had not enough, and may have given what it had.
                        self.reserved = u64::MAX;
                    }
                    self.close(file);
                }
            }
        }
        self.written += bytes;
    }

    /// Gives back what `file` has and does not need. Should that fail, the room is lost to others, but not the file.
    pub(super) fn close(&mut self, file: &File) {
        self.closed = true;
        if std::mem::take(&mut self.reserved) > self.written {
            drop(file.metadata().and_then(|is| file.set_len(is.len())));
        }
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
    Err(ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    const BLOCK: u64 = 1 << 19;

    fn taken(file: &File) -> u64 {
        file.sync_all().unwrap();
        file.metadata().unwrap().blocks() * 512
    }

    /// Goal: room is asked for again when it is used up, never for more than the file has, and what was not needed is
    /// nobody's in the end. Method: what the system says the file takes.
    #[test]
    fn what_was_not_needed_is_given_back() {
        let path = std::env::temp_dir().join(format!("thirdtry-{}-room", std::process::id()));
        let mut file = File::create(&path).unwrap();
        let mut room = Room::default();
        let mut lots = 0;
        for _ in 0..40 {
            let before = room.reserved;
            room.expect(&file, BLOCK);
            lots += u32::from(room.reserved != before);
            file.write_all(&vec![b'x'; 1 << 19]).unwrap();
            // A temporary folder may be on a file system that cannot reserve anything.
            assert!(room.closed || room.reserved >= room.written);
            assert!(room.reserved <= room.written + MOST, "{room:?}");
        }
        assert!(room.closed || (4..12).contains(&lots), "{lots} times");
        room.close(&file);
        assert_eq!(file.metadata().unwrap().len(), 40 * BLOCK);
        assert!(taken(&file) < 41 * BLOCK, "{}", taken(&file));
        // Whatever is still under way asks for no more.
        room.expect(&file, BLOCK);
        assert!(room.closed && room.reserved == 0);
        std::fs::remove_file(&path).unwrap();
    }

    /// Goal: a device that can reserve nothing is asked once, and nothing else is done to it.
    #[test]
    fn who_has_no_room_to_give_is_asked_once() {
        let file = File::options().write(true).open("/dev/null").unwrap();
        let mut room = Room::default();
        room.expect(&file, BLOCK);
        assert!(room.closed && room.reserved == 0 && room.written == BLOCK);
    }
}
