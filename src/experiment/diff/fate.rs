//! What became of an event: its fate, and where its outcome went.

use crate::model::event::{Event, Route, RouteResult, Stage};
use crate::model::observation::Fate;
use std::fmt;

/// The fate of an event together with what its routes came to: a row and a column of the fate matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FateAndRoutes {
    /// How it ended.
    pub fate: Ended,
    /// What became of its outcome, by route, in the order of [`Route::ALL`].
    pub routes: [RouteEnd; Route::ALL.len()],
}

/// How an event ended, or that it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Its fate was known.
    Settled(Fate),
    /// Accepted, and the run ended first.
    InFlight,
    /// Refused until its caller gave up.
    NeverAccepted,
    /// Refused so far, and the run ended first.
    BeingOffered,
}

/// What became of an outcome on a route; why a delivery failed makes no difference here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteEnd {
    /// There is no such route, or it is not for this outcome.
    NotConfigured,
    /// The destination holds a copy.
    Delivered,
    /// The delivery failed, and that copy is gone.
    DeliveryFailed,
    /// The run ended while it was on its way.
    Pending,
}

impl FateAndRoutes {
    /// What became of `event`, of which nothing more will be observed.
    pub(super) fn of(event: &Event) -> Self {
        let fate = match event.stage() {
            Stage::Settled { fate, .. } => Ended::Settled(fate),
            Stage::NeverAccepted => Ended::NeverAccepted,
            Stage::Offered { .. } => Ended::BeingOffered,
            Stage::Queued { .. } | Stage::Running { .. } | Stage::Returned => Ended::InFlight,
        };
        let end = |route| match event.route(route) {
            RouteResult::NotConfigured => RouteEnd::NotConfigured,
            RouteResult::Pending => RouteEnd::Pending,
            RouteResult::Delivered => RouteEnd::Delivered,
            RouteResult::Failed(_) => RouteEnd::DeliveryFailed,
        };
        Self { fate, routes: Route::ALL.map(end) }
    }

    /// What became of its outcome on `route`.
    pub const fn route(self, route: Route) -> RouteEnd {
        self.routes[route as usize]
    }

    /// Whether it did not succeed and no route holds a copy, or will.
    pub fn is_lost(self) -> bool {
        let dropped = matches!(self.fate, Ended::Settled(fate) if fate != Fate::Succeeded);
        dropped && !self.routes.iter().any(|end| matches!(end, RouteEnd::Delivered | RouteEnd::Pending))
    }

    /// The name in outputs: the fate, and behind it what the routes came to, with `lost` where nothing is left.
    pub fn name(self) -> String {
        let mut parts = vec![self.fate.name().to_owned()];
        for route in Route::ALL {
            match self.route(route) {
                RouteEnd::NotConfigured => {}
                end => parts.push(format!("{} {}", route.name(), end.name())),
            }
        }
        if self.is_lost() {
            parts.push("lost".to_owned());
        }
        parts.join(", ")
    }

    /// In a sentence, behind "events that" if it `was` so, or else behind "are now": `were dead-lettered
    /// (retries_exhausted)`, `dead-lettered (retries_exhausted)`.
    pub(super) fn words(self, was: bool) -> String {
        let verb = |words: String| if was { format!("were {words}") } else { words };
        let (routed, fate) = (self.held(), self.fate.name());
        match self.fate {
            Ended::Settled(Fate::Succeeded) => {
                let did = if was { "succeeded" } else { "successes" };
                match self.route(Route::OnSuccess) {
                    RouteEnd::DeliveryFailed => {
                        format!("{did} without a record (on_success delivery_failed)")
                    }
                    RouteEnd::Delivered => format!("{did} with a record"),
                    RouteEnd::Pending => format!("{did} with a record on its way"),
                    RouteEnd::NotConfigured => did.to_owned(),
                }
            }
            Ended::Settled(_) if self.is_lost() => verb(format!("lost ({fate})")),
            Ended::Settled(_) => verb(format!("{routed} ({fate})")),
            Ended::InFlight => verb("still in flight at the end".to_owned()),
            Ended::NeverAccepted => verb("never accepted".to_owned()),
            Ended::BeingOffered => verb("still being offered at the end".to_owned()),
        }
    }

    /// Who holds what is left of it.
    fn held(self) -> &'static str {
        let on = |route| self.route(route) == RouteEnd::Delivered;
        match (on(Route::DeadLetterQueue), on(Route::OnFailure)) {
            (true, false) => "dead-lettered",
            (false, true) => "sent to the on-failure destination",
            (true, true) => "dead-lettered and sent to the on-failure destination",
            (false, false) => "dropped, with a delivery on its way",
        }
    }
}

impl Ended {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled(fate) => fate.name(),
            Self::InFlight => "in_flight",
            Self::NeverAccepted => "never_accepted",
            Self::BeingOffered => "being_offered",
        }
    }
}

impl RouteEnd {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Delivered => "delivered",
            Self::DeliveryFailed => "delivery_failed",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for FateAndRoutes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::RouteEnd::{Delivered, DeliveryFailed, NotConfigured, Pending};
    use super::*;

    #[test]
    fn names_and_words() {
        let settled = Ended::Settled;
        let cases = [
            (settled(Fate::Succeeded), [NotConfigured; 3], "succeeded", "succeeded", "successes"),
            (
                settled(Fate::RetriesExhausted),
                [NotConfigured, NotConfigured, Delivered],
                "retries_exhausted, dead_letter_queue delivered",
                "were dead-lettered (retries_exhausted)",
                "dead-lettered (retries_exhausted)",
            ),
            (
                settled(Fate::EventAgeExceeded),
                [NotConfigured, DeliveryFailed, NotConfigured],
                "event_age_exceeded, on_failure delivery_failed, lost",
                "were lost (event_age_exceeded)",
                "lost (event_age_exceeded)",
            ),
            (
                settled(Fate::RetriesExhausted),
                [NotConfigured, Pending, NotConfigured],
                "retries_exhausted, on_failure pending",
                "were dropped, with a delivery on its way (retries_exhausted)",
                "dropped, with a delivery on its way (retries_exhausted)",
            ),
            (
                Ended::InFlight,
                [NotConfigured; 3],
                "in_flight",
                "were still in flight at the end",
                "still in flight at the end",
            ),
        ];
        for (fate, routes, name, past, present) in cases {
            let found = FateAndRoutes { fate, routes };
            assert_eq!((found.name().as_str(), found.words(true).as_str()), (name, past));
            assert_eq!(found.words(false), present);
        }
    }
}
