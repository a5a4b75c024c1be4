//! How callers repeat what Lambda refused, and what the queue loses or repeats by itself.

use super::fields::Fields;
use super::{Lowering, Profile};
use crate::scenario::{CallerRetry, ClientRetry, InvocationType, ServiceRetry, SourceKind};
use crate::time::SimDuration;

impl<'a> Lowering<'a> {
    /// How the source repeats a request that Lambda refused; `Some(None)` if not at all.
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    pub(super) fn caller_retry(
        &mut self,
        source: &Fields<'a, '_>,
        kind: SourceKind,
        invocation: InvocationType,
        profile: Option<Profile>,
    ) -> Option<Option<CallerRetry>> {
        if source.has("client_retry") {
            if invocation == InvocationType::Event && kind != SourceKind::Direct {
                let message = "a service retries as it does, not as an AWS SDK";
                self.error(
                    &source.at("client_retry"),
                    message,
                    "leave it out, or let the source be `direct`",
                );
                return None;
            }
            return client_retry(&source.record("client_retry"))
                .map(|retry| Some(CallerRetry::Client(retry)));
        }
        if invocation == InvocationType::RequestResponse {
            return Some(None);
        }
        let service = |key| source.record(key);
        let retry = match kind {
            SourceKind::Direct => CallerRetry::Client(ClientRetry {
                max_attempts: 3,
                base: SimDuration::from_secs(1),
                cap: SimDuration::from_secs(20),
                full_jitter: profile? == Profile::Measured,
            }),
            SourceKind::Sns => CallerRetry::Sns,
            SourceKind::EventBridge => {
                let rule = service("eventbridge");
                let policy = rule.record("RetryPolicy");
                CallerRetry::Exponential(ServiceRetry {
                    max_retries: policy.integer32("MaximumRetryAttempts")?,
                    max_age: SimDuration::from_secs(policy.integer("MaximumEventAgeInSeconds")?),
                    base: rule.duration("base")?,
                    cap: rule.duration("cap")?,
                })
            }
            SourceKind::S3 => CallerRetry::Exponential(ServiceRetry {
                max_retries: u32::MAX,
                max_age: service("s3").duration("max_age")?,
                base: service("s3").duration("base")?,
                cap: service("s3").duration("cap")?,
            }),
        };
        Some(Some(retry))
    }
}

fn client_retry(fields: &Fields<'_, '_>) -> Option<ClientRetry> {
    Some(ClientRetry {
        max_attempts: fields.integer32("max_attempts")?,
        base: fields.duration("base")?,
        cap: fields.duration("cap")?,
        full_jitter: fields.text("jitter")? == "full",
    })
}
