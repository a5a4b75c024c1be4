//! What happened, as lines of text: the form in which engine and twin are compared.

use thirdtry::model::event::Event;
use thirdtry::model::observation::{
    Attempt, AttemptOutcome, Circumstance, Fact, Next, Observation, Observer, Placement, Remark,
};

/// The observations of the engine, one a line.
#[derive(Debug, Default)]
pub(super) struct Seen(pub(super) Vec<String>);

impl Observer for Seen {
    fn observe(&mut self, fact: &Fact<'_>) {
        let what = match fact.what {
            Observation::Accepted => format!("accepted {}", origin(fact.event)),
            Observation::Called => format!("called {}", origin(fact.event)),
            Observation::Duplicated => format!("duplicated {}", origin(fact.event)),
            Observation::OfferRefused(_) => unreachable!("the twin begins with acceptance"),
            Observation::RunStarted { age, running, placement } => {
                format!("run started, age {}, {running} running, {}", age.as_nanos(), place(placement))
            }
            Observation::CallStarted { position, dependency, found } => {
                format!("call {position} of {} started, found {found:?}", dependency.index())
            }
            Observation::CallEnded(call) => format!("call ended: {call:?}"),
            Observation::AttemptEnded(attempt) => ended(&attempt),
            Observation::Settled { fate, rule } => format!("settled {} by {}", fate.name(), rule.name()),
            Observation::DeliveryStarted { route, destination, payload_dropped, .. } => {
                let dropped = if payload_dropped { ", payload dropped" } else { "" };
                format!("{} to {} started{dropped}", route.name(), destination.index())
            }
            Observation::DeliveryEnded { route, destination, failure, tries, .. } => {
                let result = failure.map_or("delivered", |failure| failure.name());
                format!("{} to {} ended: {result}, {tries} tries", route.name(), destination.index())
            }
            Observation::Closed => "closed".to_owned(),
            Observation::CutOff => "cut off".to_owned(),
        };
        self.0.push(format!("{} event {} {what}", fact.at.as_nanos(), fact.event.id().0));
    }

    fn remark(&mut self, remark: &Remark) {
        let what = match remark.what {
            Circumstance::ConfigurationChanged { change } => format!("change {change}"),
            Circumstance::RedriveBegan { redrive, messages } => {
                format!("redrive {redrive} of {messages} began")
            }
            Circumstance::RedriveEnded { redrive, messages } => {
                format!("redrive {redrive} of {messages} ended")
            }
            Circumstance::MessageExpired { queue, event, original } => {
                format!("message {} of {} expired in {}", event.0, original.0, queue.index())
            }
            Circumstance::LoadChanged { dependency, load } => {
                format!("load of {}: {load:?}", dependency.index())
            }
        };
        self.0.push(format!("{} {what}", remark.at.as_nanos()));
    }
}

fn origin(event: &Event) -> String {
    let parent = event.parent().map_or(0, |parent| parent.0);
    format!(
        "source {} number {} key {:x} parent {parent} function {}",
        event.source().index(),
        event.number(),
        event.key().0,
        event.function().index(),
    )
}

fn place(placement: Placement) -> String {
    let kind = if placement.provisioned { "provisioned " } else { "" };
    let (environment, start) = (placement.environment, placement.start.name());
    format!("{kind}environment {environment}, {start}, init {}", placement.init.as_nanos())
}

fn ended(attempt: &Attempt) -> String {
    let outcome = attempt.outcome;
    let status = match outcome {
        AttemptOutcome::SystemError { status } | AttemptOutcome::ClientError { status } => {
            format!(" {status}")
        }
        _ => String::new(),
    };
    let ran = attempt.run.map_or_else(String::new, |run| {
        let cause = run.cause.map_or("none".to_owned(), |cause| cause.to_string());
        format!(
            "; run {} took {}, billed {} ms, cause {cause}, {} still running, {}",
            run.number,
            run.duration.as_nanos(),
            run.billed_ms,
            run.running,
            place(run.placement),
        )
    });
    let text = format!(
        "attempt {} of {} ended, age {}: {} {}{status}{ran}",
        attempt.number,
        attempt.dispatched.as_nanos(),
        attempt.age.as_nanos(),
        outcome.name(),
        outcome.reason(),
    );
    match attempt.next {
        Next::Retry { due, nominal, rule } => {
            text + &format!("; again at {} ({}) by {}", due.as_nanos(), nominal.as_nanos(), rule.name())
        }
        Next::Settle { fate, rule } => text + &format!("; {} by {}", fate.name(), rule.name()),
        Next::Return => text + "; returned",
    }
}
