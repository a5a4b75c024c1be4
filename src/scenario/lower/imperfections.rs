//! What the service does that nobody asked for.

use super::Lowering;
use super::fields::Fields;
use crate::scenario::{Backlog, Imperfections, MilliRate, Probability, ReadRate};

impl<'a> Lowering<'a> {
    pub(super) fn imperfections(&mut self, fields: &Fields<'a, '_>) -> Option<Imperfections> {
        let backlog = fields.optional("backlog", |fields, key| self.backlog(&fields.record(key)));
        let read_rate =
            fields.optional("poller_read_rate", |fields, key| self.read_rate(&fields.record(key)));
        let delay = fields.optional("neighbour_delay", |fields, key| self.law(&fields.record(key)));
        let probability = |key| Probability::new(fields.real(key)?);
        Some(Imperfections {
            duplicate: probability("duplicate_probability")?,
            loss: probability("loss_probability")?,
            backlog: backlog?,
            read_rate: read_rate?,
            neighbour_delay: delay?,
        })
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1..=100 is checked")]
    fn backlog(&mut self, fields: &Fields<'a, '_>) -> Option<Backlog> {
        let multiplier = fields.real("interval_multiplier")?;
        if multiplier < 1.0 {
            let path = fields.at("interval_multiplier");
            self.error(
                &path,
                format!("{multiplier} would shorten the waits"),
                "write a number of at least 1",
            );
            return None;
        }
        let multiplier_milli = (multiplier * 1_000.0 + 0.5) as u64;
        Some(Backlog { threshold: fields.integer("threshold")?, multiplier_milli })
    }

    fn read_rate(&mut self, choice: &Fields<'a, '_>) -> Option<ReadRate> {
        let (key, fields) = choice.variant()?;
        if key == "constant" {
            return self.milli_rate(choice, key).map(ReadRate::Constant);
        }
        let [initial, least, most] = ["initial", "least", "most"].map(|key| self.milli_rate(&fields, key));
        let (initial, least, most) = (initial?, least?, most?);
        if !(least..=most).contains(&initial) {
            self.error(
                &fields.at("initial"),
                "does not lie between `least` and `most`",
                "correct one of them",
            );
            return None;
        }
        Some(ReadRate::Adaptive { initial, least, most })
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
    fn milli_rate(&mut self, fields: &Fields<'a, '_>, key: &str) -> Option<MilliRate> {
        let milli = fields.rate(key)?.per_second() * 1_000.0 + 0.5;
        if (1.0..1e12).contains(&milli) {
            return Some(MilliRate(milli as u64));
        }
        self.error(&fields.at(key), "is too slow or too fast", "write a rate from 0.001/s to 100000000/s");
        None
    }
}
