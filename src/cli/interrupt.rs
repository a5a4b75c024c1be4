//! Ctrl-C and the request to end, noticed between steps of a run.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Starts to listen. Without this, and on platforms without signals, the process ends at once when asked to; what
/// it was writing then lies under temporary names.
pub(crate) fn listen() {
    #[cfg(not(target_family = "wasm"))]
    {
        // The handler can be set once in a process; a second time it is there already.
        let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    }
}

/// Whether the process was asked to end.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
