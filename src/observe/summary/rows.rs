//! A summary as rows of `summary.csv`: one value each.

use super::report::{Counts, Named, Peak, Spread, SummaryReport};
use crate::observe::cost::Split;

/// One row of `summary.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// `run`, or `functions.NAME`.
    pub scope: String,
    /// What was measured.
    pub metric: String,
    /// CloudWatch's word for the statistic: `Sum`, `Maximum`, `Average`, `SampleCount`, `p50`, `p90`, `p99`.
    pub statistic: &'static str,
    /// The value; empty if there is none.
    pub value: String,
    /// The unit.
    pub unit: &'static str,
}

impl SummaryReport {
    /// The whole report as tidy rows: one value a row.
    pub fn csv_rows(&self) -> Vec<SummaryRow> {
        let mut rows = Rows::of("run".to_owned());
        self.counts.rows(&mut rows);
        for function in &self.functions {
            rows.scope = format!("functions.{}", function.function);
            function.counts.rows(&mut rows);
        }
        for dependency in &self.dependencies {
            rows.scope = format!("dependencies.{}", dependency.dependency);
            dependency.rows(&mut rows);
        }
        rows.rows
    }
}

pub(in crate::observe) struct Rows {
    scope: String,
    rows: Vec<SummaryRow>,
}

impl Rows {
    pub(in crate::observe) const fn of(scope: String) -> Self {
        Self { scope, rows: Vec::new() }
    }

    pub(in crate::observe) fn into_rows(self) -> Vec<SummaryRow> {
        self.rows
    }

    pub(in crate::observe) fn push(
        &mut self,
        metric: &str,
        statistic: &'static str,
        value: Option<String>,
        unit: &'static str,
    ) {
        self.rows.push(SummaryRow {
            scope: self.scope.clone(),
            metric: metric.to_owned(),
            statistic,
            value: value.unwrap_or_default(),
            unit,
        });
    }

    pub(in crate::observe) fn count(&mut self, metric: &str, value: u64) {
        self.push(metric, "Sum", Some(value.to_string()), "Count");
    }

    pub(in crate::observe) fn counts(&mut self, prefix: &str, counts: &Named) {
        for (name, count) in counts {
            self.push(&format!("{prefix}{name}"), "Sum", Some(count.to_string()), "Count");
        }
    }

    fn time(&mut self, metric: &str, statistic: &'static str, nanos: Option<u64>) {
        self.push(metric, statistic, nanos.map(|nanos| nanos.to_string()), "Nanoseconds");
    }

    pub(in crate::observe) fn spread(&mut self, metric: &str, spread: Option<&Spread>) {
        let samples = spread.map_or(0, |spread| spread.samples);
        self.push(metric, "SampleCount", Some(samples.to_string()), "Count");
        self.time(metric, "Average", spread.map(|spread| spread.mean_ns));
        self.time(metric, "p50", spread.map(|spread| spread.p50_ns));
        self.time(metric, "p90", spread.map(|spread| spread.p90_ns));
        self.time(metric, "p99", spread.map(|spread| spread.p99_ns));
        self.time(metric, "Maximum", spread.map(|spread| spread.max_ns));
    }

    pub(in crate::observe) fn peak(&mut self, metric: &str, peak: &Peak) {
        self.push(metric, "Maximum", Some(peak.maximum.to_string()), "Count");
        self.time(&format!("{metric}_peak_at"), "Maximum", peak.at_ns);
    }

    fn split<T: ToString>(&mut self, metric: &str, split: &Split<T>, unit: &'static str) {
        let parts = [
            ("", &split.total),
            (".first_runs", &split.first_runs),
            (".retries", &split.retries),
            (".sync_calls", &split.sync_calls),
            (".duplicates", &split.duplicates),
            (".wasted", &split.wasted),
        ];
        for (part, value) in parts {
            self.push(&format!("{metric}{part}"), "Sum", Some(value.to_string()), unit);
        }
    }
}

impl Counts {
    fn rows(&self, rows: &mut Rows) {
        self.rows_of_fates(rows);
        self.rows_of_attempts(rows);
        rows.spread("AsyncEventAge", self.event_age.as_ref());
        rows.spread("sojourn", self.sojourn.as_ref());
        self.rows_of_backlog(rows);
        rows.split("billed_ms", &self.billed_ms, "Milliseconds");
        self.cost_usd.rows(rows);
        rows.count("sync_calls", self.sync_calls.made);
        rows.count("sync_calls.retried", self.sync_calls.retried);
        rows.count("sync_calls.succeeded", self.sync_calls.succeeded);
        rows.count("sync_calls.failed", self.sync_calls.failed);
        rows.count("sync_calls.throttled", self.sync_calls.throttled);
        rows.count("sync_calls.system_errors", self.sync_calls.system_errors);
        rows.count("sync_calls.client_errors", self.sync_calls.client_errors);
        rows.count("offered", self.offers.offered);
        rows.counts("offers_refused.", &self.offers.refused);
        rows.count("accepted_later", self.offers.accepted_later);
        rows.count("never_accepted", self.offers.never_accepted);
        rows.count("being_offered", self.offers.being_offered);
        rows.time("first_given_up", "Minimum", self.offers.first_given_up_ns);
        rows.count("duplicates", self.duplicates.delivered);
        rows.count("duplicates.runs", self.duplicates.runs);
        self.rows_of_unseen(rows);
    }

    fn rows_of_unseen(&self, rows: &mut Rows) {
        rows.count("unseen.failed_without_trace", self.unseen.failed_without_trace);
        rows.counts("unseen.failed_without_error.", &self.unseen.failed_without_error);
        rows.count("unseen.lost_without_trace", self.unseen.lost_without_trace);
        rows.count("unseen.lost_without_error", self.unseen.lost_without_error);
        rows.count("unseen.success_records_lost", self.unseen.success_records_lost);
    }

    fn rows_of_fates(&self, rows: &mut Rows) {
        rows.count("accepted", self.accepted);
        rows.counts("", &self.fates);
        rows.count("in_flight", self.in_flight);
        rows.count("lost", self.lost.total);
        rows.counts("lost.", &self.lost.by_fate);
        rows.count("lost.without_route", self.lost.without_route);
        rows.count("lost.by_failed_delivery", self.lost.by_failed_delivery);
        rows.time("lost.first_at", "Minimum", self.lost.first_ns);
        for route in &self.routes {
            let name = |what: &str| format!("{}.{}.{what}", route.route, route.destination);
            rows.count(&name("delivered"), route.delivered);
            rows.count(&name("delivery_failed"), route.delivery_failed);
            rows.count(&name("pending"), route.pending);
            rows.counts(&name("delivery_failed."), &route.failures);
        }
    }

    fn rows_of_attempts(&self, rows: &mut Rows) {
        rows.count("succeeded.on_first_try", self.succeeded.on_first_try);
        rows.count("succeeded.after_backoff", self.succeeded.after_backoff);
        rows.count("succeeded.after_retry", self.succeeded.after_retry);
        rows.count("attempts", self.attempts);
        rows.count("runs", self.runs);
        rows.counts("function_errors.", &self.function_errors);
        rows.count("caught_errors", self.caught_errors);
        rows.counts("throttles.", &self.throttles);
        rows.count("system_errors", self.system_errors);
        rows.count("client_errors", self.client_errors);
        rows.counts("starts.", &self.starts);
        rows.time("init", "Sum", Some(self.init_ns));
        let runs = self.amplification.runs_per_event;
        let attempts = self.amplification.attempts_per_event;
        rows.push("runs_per_event", "Average", runs.map(|ratio| ratio.to_string()), "Count");
        rows.push("attempts_per_event", "Average", attempts.map(|ratio| ratio.to_string()), "Count");
    }

    fn rows_of_backlog(&self, rows: &mut Rows) {
        rows.peak("concurrency", &self.concurrency);
        rows.peak("waiting", &self.backlog.peak);
        rows.count("waiting_at_end", self.backlog.waiting_at_end);
        rows.time("oldest_attempt_at", "Maximum", self.backlog.oldest_at_ns);
        rows.time("last_arrival", "Maximum", self.backlog.last_arrival_ns);
        rows.time("last_settled", "Maximum", self.backlog.last_settled_ns);
        rows.time("drain_time", "Maximum", self.backlog.drain_ns);
        rows.time("first_drop", "Minimum", self.backlog.first_drop_ns);
    }
}
