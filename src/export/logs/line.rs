//! The lines of one run, as text and as JSON.
//!
//! Text: `START`, what went wrong, `END`, `REPORT`, with tabs as in reality. JSON:
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html> at the default levels, at which
//! `platform.runtimeDone` appears for failures only.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::LogFormat;
use crate::export::failure::{Failure, Look};
use crate::export::folder::Settings;
use crate::export::rows::AttemptRow;
use crate::export::{LATEST, xray};
use crate::observe::decimal::{Decimal, divide_half_up};
use crate::sink::label::Label;
use crate::time::SimTime;

/// One log event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: SimTime,
    pub(super) message: String,
}

/// The lines of the run `row`, in order.
pub(super) fn of_run(
    row: &AttemptRow,
    settings: &Settings,
    format: LogFormat,
    label: Label,
    function: &str,
) -> Vec<Line> {
    let run = LoggedRun { row, failure: Failure::of(row, settings, label), settings, label, function };
    match format {
        LogFormat::Text => run.text(),
        LogFormat::Json => run.json(),
    }
}

struct LoggedRun<'a> {
    row: &'a AttemptRow,
    failure: Option<Failure>,
    settings: &'a Settings,
    label: Label,
    function: &'a str,
}

impl LoggedRun<'_> {
    fn text(&self) -> Vec<Line> {
        let (id, end) = (&self.row.request_id, self.row.end());
        let start = format!("START RequestId: {id} Version: {LATEST}\n");
        let mut lines = Vec::new();
        lines.extend(self.init_report().map(|message| Line { at: self.row.handler_start(), message }));
        lines.push(Line { at: self.row.handler_start(), message: start });
        lines.extend(self.error_text().map(|message| Line { at: end, message }));
        lines.push(Line { at: end, message: format!("END RequestId: {id}\n") });
        lines.push(Line { at: end, message: self.report_text() });
        lines
    }

    /// An init that failed has a report of its own.
    fn init_report(&self) -> Option<String> {
        let failure = self.failure.as_ref().filter(|failure| failure.look == Look::Init)?;
        Some(format!(
            "INIT_REPORT Init Duration: {} ms\tPhase: init\tStatus: error\tError Type: {}\t\n",
            hundredths_of_millis(self.row.init_ns),
            failure.error_type
        ))
    }

    fn error_text(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        Some(match failure.look {
            Look::Exception | Look::Init => format!("[ERROR] {}: {}\n", failure.error_type, failure.message),
            Look::Timeout => format!("{}\n\n", failure.message),
            Look::Exit | Look::OutOfMemory => format!("{}\nRuntime.ExitError\n", failure.message),
        })
    }

    fn report_text(&self) -> String {
        let mut text = format!(
            "REPORT RequestId: {}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.row.request_id,
            hundredths_of_millis(self.row.duration_ns),
            self.row.billed_ms.unwrap_or(0),
            self.settings.memory_mb,
            self.memory_used(),
        );
        if self.row.is_cold() {
            let _ = write!(text, "Init Duration: {} ms\t", hundredths_of_millis(self.row.init_ns));
        }
        match self.failure.as_ref().map(|failure| (failure.look, failure.error_type)) {
            Some((Look::Timeout, _)) => text += "Status: timeout\t",
            Some((Look::Exit | Look::OutOfMemory | Look::Init, error_type)) => {
                let _ = write!(text, "Status: error\tError Type: {error_type}\t");
            }
            Some((Look::Exception, _)) | None => {}
        }
        text.push('\n');
        if self.row.traced {
            let (trace, segment) = (self.trace_id(), xray::function_segment_id(self.row));
            let _ = writeln!(text, "XRAY TraceId: {trace}\tSegmentId: {segment}\tSampled: true\t");
        }
        text
    }

    fn json(&self) -> Vec<Line> {
        let (id, start, end) = (&self.row.request_id, self.row.handler_start(), self.row.end());
        let mut lines = Vec::new();
        if self.row.is_cold() {
            let record = json!({ "initializationType": "on-demand", "phase": "init",
                                 "functionName": self.function, "functionVersion": LATEST });
            lines.push(self.platform(self.row.dispatched(), "platform.initStart", &record));
        }
        let mut record = json!({ "requestId": id, "version": LATEST });
        self.add_tracing(&mut record);
        lines.push(self.platform(start, "platform.start", &record));
        if let Some(failure) = &self.failure {
            lines.extend(self.error_json(failure));
            let mut record = self.outcome(id);
            record["metrics"] = json!({ "durationMs": millis(self.row.duration_ns) });
            lines.push(self.platform(end, "platform.runtimeDone", &record));
        }
        let mut record = self.outcome(id);
        record["metrics"] = self.metrics();
        self.add_tracing(&mut record);
        lines.push(self.platform(end, "platform.report", &record));
        lines
    }

    /// What the runtime itself logs: of an exception only.
    fn error_json(&self, failure: &Failure) -> Option<Line> {
        let by_runtime = matches!(failure.look, Look::Exception | Look::Init);
        let at = self.row.end();
        let text = json!({
            "timestamp": self.label.millis(at), "level": "ERROR", "requestId": self.row.request_id,
            "errorType": failure.error_type, "errorMessage": failure.message, "stackTrace": [],
        });
        by_runtime.then(|| Line { at, message: format!("{text}\n") })
    }

    fn platform(&self, at: SimTime, kind: &str, record: &Value) -> Line {
        let text = json!({ "time": self.label.millis(at), "type": kind, "record": record });
        Line { at, message: format!("{text}\n") }
    }

    fn outcome(&self, id: &str) -> Value {
        let (status, error_type) = match &self.failure {
            None => ("success", None),
            Some(failure) => match failure.look {
                Look::Exception => ("error", None),
                Look::Timeout => ("timeout", None),
                Look::Exit | Look::OutOfMemory | Look::Init => ("failure", Some(failure.error_type)),
            },
        };
        let mut record = json!({ "requestId": id, "status": status });
        if let Some(error_type) = error_type {
            record["errorType"] = error_type.into();
        }
        record
    }

    fn metrics(&self) -> Value {
        let mut metrics = Map::new();
        metrics.insert("durationMs".to_owned(), millis(self.row.duration_ns));
        metrics.insert("billedDurationMs".to_owned(), self.row.billed_ms.unwrap_or(0).into());
        metrics.insert("memorySizeMB".to_owned(), self.settings.memory_mb.into());
        metrics.insert("maxMemoryUsedMB".to_owned(), self.memory_used().into());
        if self.row.is_cold() {
            metrics.insert("initDurationMs".to_owned(), millis(self.row.init_ns));
        }
        metrics.into()
    }

    fn add_tracing(&self, record: &mut Value) {
        if self.row.traced {
            let (trace, segment) = (self.trace_id(), xray::function_segment_id(self.row));
            record["tracing"] = json!({
                "spanId": segment, "type": "X-Amzn-Trace-Id",
                "value": format!("Root={trace};Parent={};Sampled=1", xray::attempt_id(self.row)),
            });
        }
    }

    fn trace_id(&self) -> String {
        xray::trace_id(self.label, self.row.accepted(), &self.row.request_id)
    }

    /// Memory is not simulated: half of it is in use, and all of it when it is used up.
    fn memory_used(&self) -> u64 {
        match &self.failure {
            Some(Failure { look: Look::OutOfMemory, .. }) => self.settings.memory_mb,
            _ => self.settings.memory_mb.div_ceil(2),
        }
    }
}

/// `15.74`
fn hundredths_of_millis(nanos: Option<u64>) -> Decimal {
    Decimal::new(divide_half_up(nanos.unwrap_or(0).into(), 10_000), 2)
}

/// Milliseconds with three places, as a JSON number.
fn millis(nanos: Option<u64>) -> Value {
    serde_json::to_string(&Decimal::millis(nanos.unwrap_or(0).into()))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(result: &str, reason: &str) -> AttemptRow {
        AttemptRow {
            event: 1,
            function: "ship".to_owned(),
            invocation_type: "Event".to_owned(),
            attempt: 1,
            dispatched_ns: 30_000_000,
            age_ns: 30_000_000,
            result: result.to_owned(),
            reason: reason.to_owned(),
            end_ns: 345_740_000,
            environment: Some(1),
            start: "cold".to_owned(),
            init_ns: Some(300_000_000),
            duration_ns: Some(15_740_000),
            billed_ms: Some(316),
            failure: Some(1),
            request_id: "0a".to_owned(),
            traced: false,
        }
    }

    fn messages(row: &AttemptRow, format: LogFormat) -> String {
        let settings = Settings { timeout_seconds: 3, memory_mb: 128, because: vec!["outage".to_owned()] };
        let lines = of_run(row, &settings, format, Label::starting(1_767_607_200_000), "ship");
        assert!(lines.is_sorted_by_key(|line| line.at));
        lines.into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn the_text_of_a_cold_success_in_view() {
        let expected = "START RequestId: 0a Version: $LATEST\nEND RequestId: 0a\n\
            REPORT RequestId: 0a\tDuration: 15.74 ms\tBilled Duration: 316 ms\tMemory Size: 128 MB\t\
            Max Memory Used: 64 MB\tInit Duration: 300.00 ms\t\n";
        assert_eq!(messages(&row("success", ""), LogFormat::Text), expected);
    }

    #[test]
    fn a_warm_traced_run_has_no_init_and_a_second_line() {
        let mut row = row("success", "");
        row.start = "warm".to_owned();
        row.traced = true;
        let text = messages(&row, LogFormat::Text);
        assert!(text.contains("Max Memory Used: 64 MB\t\nXRAY TraceId: 1-695b8ba0-"), "{text}");
        assert!(text.ends_with("\tSampled: true\t\n") && !text.contains("Init Duration"), "{text}");
    }

    #[test]
    fn failures_look_as_they_do_on_aws() {
        let cases = [
            ("exception", "\n[ERROR] Exception: outage\nEND RequestId: 0a\nREPORT", "300.00 ms\t\n"),
            (
                "timeout",
                "\n2026-01-05T10:00:00.345Z 0a Task timed out after 3.00 seconds\n\nEND",
                "\tStatus: timeout\t\n",
            ),
            (
                "crash",
                "\nRequestId: 0a Error: Runtime exited without providing a reason\nRuntime.ExitError\nEND",
                "\tStatus: error\tError Type: Runtime.ExitError\t\n",
            ),
            (
                "out_of_memory",
                "\nRequestId: 0a Error: Runtime exited with error: signal: killed\nRuntime.ExitError\nEND",
                "Max Memory Used: 128 MB\tInit Duration: 300.00 ms\tStatus: error\tError Type: Runtime.OutOfMemory\t\n",
            ),
            (
                "init_error",
                "INIT_REPORT Init Duration: 300.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.InitError\t\nSTART",
                "\tError Type: Runtime.InitError\t\n",
            ),
        ];
        for (reason, within, end) in cases {
            let text = messages(&row("function_error", reason), LogFormat::Text);
            assert!(text.contains(within) && text.ends_with(end), "{reason}: {text}");
        }
        // To Lambda a success.
        assert!(!messages(&row("caught_error", ""), LogFormat::Text).contains("ERROR"));
    }

    #[test]
    fn the_json_of_a_failure_in_view() {
        let expected = r#"{"time":"2026-01-05T10:00:00.030Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","functionName":"ship","functionVersion":"$LATEST"}}
{"time":"2026-01-05T10:00:00.330Z","type":"platform.start","record":{"requestId":"0a","version":"$LATEST"}}
{"timestamp":"2026-01-05T10:00:00.345Z","level":"ERROR","requestId":"0a","errorType":"Exception","errorMessage":"outage","stackTrace":[]}
{"time":"2026-01-05T10:00:00.345Z","type":"platform.runtimeDone","record":{"requestId":"0a","status":"error","metrics":{"durationMs":15.74}}}
{"time":"2026-01-05T10:00:00.345Z","type":"platform.report","record":{"requestId":"0a","status":"error","metrics":{"durationMs":15.74,"billedDurationMs":316,"memorySizeMB":128,"maxMemoryUsedMB":64,"initDurationMs":300.0}}}
"#;
        assert_eq!(messages(&row("function_error", "exception"), LogFormat::Json), expected);
    }

    #[test]
    fn json_tells_of_a_success_its_start_and_its_report_only() {
        let mut row = row("success", "");
        row.start = "warm".to_owned();
        row.traced = true;
        let text = messages(&row, LogFormat::Json);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains(r#""tracing":{"spanId":""#) && text.contains(";Sampled=1"), "{text}");
    }
}
