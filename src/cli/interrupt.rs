//! Ctrl-C and the request to end, noticed between steps of a run.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Starts to listen. Without this, on platforms without signals, and when asked a second time, the process ends at
/// once; what it was writing then lies under temporary names.
pub(crate) fn listen() {
    #[cfg(not(target_family = "wasm"))]
    {
        // The handler can be set once in a process; a second time it is there already.
        let _ = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
    }
}

/// Whether the process was asked to end.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
