//! What a run needs of whoever listens to it: to be told, and to be looked at now and then.

use crate::model::observation::{Fact, Observer, Remark};

/// An observer that is looked at now and then, though perhaps later than it is asked for.
pub trait Listener: Observer {
    /// What a look gives.
    type View;

    /// Asks for a look at the observer when it has been told everything up to here, where `in_flight` events and calls
    /// are in the system.
    fn look(&mut self, in_flight: usize);

    /// What the last look gave that is known of.
    fn view(&self) -> Option<&Self::View>;
}

/// An observer that listens on the thread of the run: what it is told it has been told at once.
///
/// ```
/// use thirdtry::observe::ledger::Ledger;
/// use thirdtry::record::listener::{Here, Listener};
/// use thirdtry::scenario::load::{Input, load};
/// use thirdtry::simulate::Simulation;
///
/// let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s" } },
///     "sources": { "s": { "to": "ship", "arrivals": { "constant": { "rate": "1/s" } }, "max_events": 50 } } }"#;
/// let scenario = load(&Input::from_text("example", text)).expect("valid").scenario;
/// let (mut ledger, mut simulation) = (Ledger::default(), Simulation::new(&scenario, 0));
/// let mut here = Here::new(&mut ledger, |ledger: &mut Ledger, in_flight| ledger.check(in_flight).is_ok());
/// while simulation.advance(&mut here, 64).is_none() {}
/// here.look(simulation.in_flight());
/// assert_eq!(here.view(), Some(&true));
/// assert_eq!(ledger.accepted(), 50);
/// ```
#[derive(Debug)]
pub struct Here<'o, O, L, V> {
    observer: &'o mut O,
    look: L,
    view: Option<V>,
}

impl<'o, O: Observer, L: FnMut(&mut O, usize) -> V, V> Here<'o, O, L, V> {
    /// Tells `observer`, at which `look` looks.
    pub const fn new(observer: &'o mut O, look: L) -> Self {
        Self { observer, look, view: None }
    }
}

impl<O: Observer, L: FnMut(&mut O, usize) -> V, V> Listener for Here<'_, O, L, V> {
    type View = V;

    fn look(&mut self, in_flight: usize) {
        self.view = Some((self.look)(self.observer, in_flight));
    }

    fn view(&self) -> Option<&V> {
        self.view.as_ref()
    }
}

impl<O: Observer, L, V> Observer for Here<'_, O, L, V> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that an observer is specialised where a fact is reported")]
    fn observe(&mut self, fact: &Fact<'_>) {
        self.observer.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.observer.remark(remark);
    }
}
