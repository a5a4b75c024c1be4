//! What the tests of several sinks need: small scenarios and writers that fail.

use std::io::{self, Write};

use crate::random::Seed;
use crate::random::distribution::Distribution;
use crate::scenario::*;
use crate::time::{SimDuration, SimTime};

/// A writer that takes `left` writes and then is full for ever.
pub(crate) struct FailingWriter {
    left: usize,
}

impl FailingWriter {
    pub(crate) fn after(left: usize) -> Self {
        Self { left }
    }
}

impl Write for FailingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.left -= 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
