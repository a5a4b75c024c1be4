//! The price list.

use super::Lowering;
use super::fields::Fields;
use crate::scenario::prices::{ComputePrices, MessagePrices, Prices};
use crate::scenario::shape::Resolved;

impl<'a> Lowering<'a> {
    pub(super) fn prices(&mut self, fields: &Fields<'a, '_>) -> Option<Prices> {
        let x86_64 = self.compute_prices(&fields.record("x86_64"));
        let arm64 = self.compute_prices(&fields.record("arm64"));
        let payload_chunk = self.chunk(fields, "payload_chunk");
        let messages = fields.record("messages");
        let chunk = self.chunk(&messages, "chunk");
        Some(Prices {
            million_requests: fields.price("million_requests")?,
            x86_64: x86_64?,
            arm64: arm64?,
            charge_payload: fields.flag("charge_payload")?,
            payload_included: fields.size("payload_included")?,
            payload_chunk: payload_chunk?,
            messages: MessagePrices {
                sqs: messages.price("million_sqs")?,
                sns: messages.price("million_sns")?,
                eventbridge: messages.price("million_eventbridge")?,
                s3: messages.price("million_s3")?,
                chunk: chunk?,
            },
            free_tier: fields.flag("free_tier")?,
        })
    }

    fn chunk(&mut self, fields: &Fields<'a, '_>, key: &str) -> Option<u64> {
        let bytes = fields.size(key)?;
        if bytes == 0 {
            self.error(
                &fields.at(key),
                "what is paid for in parts of nothing has no price",
                "write e.g. `\"64KiB\"`",
            );
        }
        (bytes > 0).then_some(bytes)
    }

    fn compute_prices(&mut self, fields: &Fields<'a, '_>) -> Option<ComputePrices> {
        let prices: Option<Vec<u64>> = fields.list_of("gb_second", Resolved::price);
        let tiers: Option<Vec<u64>> = fields.list_of("tiers", Resolved::integer);
        let (gb_second, tiers) = (prices?, tiers?);
        if gb_second.len() != tiers.len() + 1 {
            let message = format!(
                "{} prices need {} bounds, not {}",
                gb_second.len(),
                gb_second.len() - 1,
                tiers.len()
            );
            self.error(&fields.at("tiers"), message, "give one bound between each two prices of `gb_second`");
            return None;
        }
        if !tiers.is_sorted_by(|one, next| one < next) {
            self.error(
                &fields.at("tiers"),
                "the bounds of tiers must ascend",
                "sort them together with their prices",
            );
            return None;
        }
        Some(ComputePrices {
            gb_second,
            tiers,
            provisioned: fields.price("provisioned")?,
            on_provisioned: fields.price("on_provisioned")?,
        })
    }
}
