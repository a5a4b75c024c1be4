//! Destinations, whom they invoke, and how they fail.

use super::fields::Fields;
use super::{Lowering, probability, windows};
use crate::scenario::problem::quoted;
use crate::scenario::{DeliveryFailure, DeliveryFailureCause, Destination, DestinationKind, SnsOversize};
use crate::time::SimDuration;

impl<'a> Lowering<'a> {
    pub(super) fn destinations(
        &mut self,
        root: &Fields<'a, '_>,
        latency: Option<SimDuration>,
    ) -> Vec<Option<Destination>> {
        let entries = root.entries("destinations");
        entries.into_iter().map(|(name, fields)| self.destination(name, &fields, latency)).collect()
    }

    fn destination(
        &mut self,
        name: &str,
        fields: &Fields<'a, '_>,
        usual_latency: Option<SimDuration>,
    ) -> Option<Destination> {
        let (key, inner) = fields.variant()?;
        if matches!(key, "sqs" | "sns") && name.to_ascii_lowercase().ends_with(".fifo") {
            let message =
                format!("{} names a FIFO queue or topic, which Lambda does not support here", quoted(name));
            self.error(&fields.path(), message, "use a standard queue or topic");
        }
        let kind = self.destination_kind(key, &inner);
        let subscribers = if inner.has("subscribers") {
            self.function_references(&inner, "subscribers")
        } else {
            Some(Vec::new())
        };
        let failures: Option<Vec<_>> = inner.elements("failures").iter().map(delivery_failure).collect();
        Some(Destination {
            name: name.to_owned(),
            kind: kind?,
            latency: inner.optional("latency", Fields::duration)?.or(usual_latency)?,
            max_bytes: inner.size("max_size")?,
            retention: inner.optional("MessageRetentionPeriod", Fields::integer)?.map(SimDuration::from_secs),
            subscribers: subscribers?,
            failures: failures?,
        })
    }

    fn destination_kind(&mut self, key: &str, fields: &Fields<'a, '_>) -> Option<DestinationKind> {
        Some(match key {
            "sqs" => DestinationKind::Sqs,
            "sns" if fields.text("oversize")? == "fail" => {
                DestinationKind::Sns { oversize: SnsOversize::Fail }
            }
            "sns" => DestinationKind::Sns { oversize: SnsOversize::DropPayload },
            "eventbridge" => DestinationKind::EventBridge,
            "s3" => DestinationKind::S3,
            _ => DestinationKind::Lambda { function: self.function_reference(fields, "FunctionName")? },
        })
    }
}

fn delivery_failure(element: &Fields<'_, '_>) -> Option<DeliveryFailureCause> {
    let (key, fields) = element.variant()?;
    Some(DeliveryFailureCause {
        failure: DeliveryFailure::ALL.into_iter().find(|kind| kind.name() == key)?,
        probability: probability(&fields)?,
        during: windows(&fields)?,
    })
}
