//! Both scenarios in one replication, level with each other.

use super::common::Common;
use super::pairing::{Notes, Pairing};
use crate::experiment::measure::{Measured, Meter};
use crate::experiment::supervise::Supervisor;
use crate::model::observation::{Fact, Observer, Remark};
use crate::scenario::Scenario;
use crate::simulate::{RunEnd, Simulation};
use crate::time::SimTime;

/// Steps of one run before the other has its turn.
const STEPS: u64 = 1 << 12;

/// What one replication of both gave.
#[derive(Debug)]
pub(super) struct Paired {
    pub(super) a: Measured,
    pub(super) b: Measured,
    pub(super) pairing: Pairing,
}

/// One of the two runs.
struct Run<'s, 'c> {
    simulation: Simulation<'s>,
    listener: Listener<'s, 'c>,
    end: Option<RunEnd>,
}

struct Listener<'s, 'c> {
    meter: Meter<'s>,
    notes: Notes<'c>,
}

impl Observer for Listener<'_, '_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.meter.observe(fact);
        self.notes.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.meter.remark(remark);
    }
}

/// Runs replication `replication` of both scenarios, measured from their instants `from` on, and keeps at most `most`
/// events whose fate changed; `None` if the supervisor stopped it.
pub(super) fn run(
    scenarios: [&Scenario; 2],
    from: [SimTime; 2],
    replication: u32,
    most: usize,
    supervisor: &impl Supervisor,
) -> Option<Paired> {
    let common = Common::of(scenarios[0], scenarios[1]);
    let begin = |side: usize| Run {
        simulation: Simulation::new(scenarios[side], replication),
        listener: Listener {
            meter: Meter::new(scenarios[side], from[side]),
            notes: Notes::new(&common[side]),
        },
        end: None,
    };
    let (mut a, mut b) = (begin(0), begin(1));
    let mut pairing = Pairing::new(most);
    while let Some(next) = behind(&mut a, &mut b) {
        next.end = next.simulation.advance(&mut next.listener, STEPS);
        let in_flight = next.simulation.in_flight();
        pairing.take(&mut a.listener.notes, &mut b.listener.notes);
        if supervisor.stops() || !supervisor.allows(in_flight) {
            return None;
        }
    }
    pairing.finish(&mut a.listener.notes, &mut b.listener.notes);
    Some(Paired { a: a.finish(), b: b.finish(), pairing })
}

/// The run to which fewer events have come, which is the one whose events the other is waiting for; `None` when both
/// are over.
fn behind<'r, 's, 'c>(a: &'r mut Run<'s, 'c>, b: &'r mut Run<'s, 'c>) -> Option<&'r mut Run<'s, 'c>> {
    let place = |run: &Run<'_, '_>| (run.listener.notes.begun, run.simulation.now());
    match (a.end, b.end) {
        (Some(_), Some(_)) => None,
        (Some(_), None) => Some(b),
        (None, Some(_)) => Some(a),
        (None, None) => Some(if place(b) < place(a) { b } else { a }),
    }
}

impl Run<'_, '_> {
    fn finish(self) -> Measured {
        let end = self.end.expect("it is over");
        self.listener.meter.balance(self.simulation.in_flight());
        self.listener.meter.finish(end, self.simulation.now())
    }
}
