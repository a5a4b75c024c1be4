//! A folder that is written again, to be held against what is in it.

use crate::sink::comparison::Divergence;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What came of writing the files of a folder again, by name.
#[derive(Clone, Debug, Default)]
pub struct WrittenAgain(Arc<Mutex<BTreeMap<String, Again>>>);

/// A file that was written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// There is no such file in the folder.
    NotStored,
    /// There is, and this is where it parts from what was written again; `None` if it is the same.
    Compared(Option<Divergence>),
    /// The manifest, which is not compared here.
    Manifest(Vec<u8>),
}

impl WrittenAgain {
    /// What is known so far.
    pub fn files(&self) -> BTreeMap<String, Again> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, name: String, again: Again) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, again);
    }
}
