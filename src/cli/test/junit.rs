//! The report as JUnit XML, which every build server reads. No times in it: they are of no interest, and differ.

use super::Suite;
use super::words;
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use thirdtry::expect::Verdict;
use thirdtry::suite::{GoldenOutcome, Judged, Line, Outcome, Report};
use thirdtry::text::number::counted;

pub(super) fn junit(suite: &Suite) -> String {
    let mut junit = Junit::new("thirdtry");
    junit.add_test_suites(suite.reports.iter().map(|report| of_scenario(report, suite)));
    if !suite.stray.is_empty() {
        let mut golden = TestSuite::new("golden results");
        golden.add_test_cases(suite.stray.iter().map(|stray| {
            let name = stray.path.display().to_string();
            TestCase::new(name.as_str(), failed(NonSuccessKind::Failure, "golden", stray.what, stray.what))
        }));
        junit.add_test_suite(golden);
    }
    if !suite.seeds.is_empty() {
        let mut seeds = TestSuite::new("other seeds");
        seeds.add_test_cases(suite.seeds.iter().map(|search| {
            let status = match &search.found {
                None => TestCaseStatus::success(),
                Some(_) => failed(NonSuccessKind::Failure, "seed", &search.headline(), &search.text()),
            };
            TestCase::new(search.name.as_str(), status)
        }));
        junit.add_test_suite(seeds);
    }
    junit.to_string().expect("names are made fit for XML by the library") + "\n"
}

fn of_scenario(report: &Report, suite: &Suite) -> TestSuite {
    let mut cases = TestSuite::new(report.name.as_str());
    match &report.outcome {
        Outcome::Rejected(_) => {
            let errors = words::errors(report);
            let line = |(place, message): &(Option<(usize, usize)>, String)| match place {
                Some((line, column)) => format!("{}:{line}:{column}: {message}", report.name),
                None => format!("{}: {message}", report.name),
            };
            let all: Vec<String> = errors.iter().map(line).collect();
            let headline = format!("the scenario is invalid: {}", counted(errors.len() as u64, "error"));
            let status = failed(NonSuccessKind::Error, "scenario", &headline, &all.join("\n"));
            cases.add_test_case(case(report, "scenario", status));
        }
        Outcome::Judged(judged) => {
            cases.add_test_cases(judged.lines.iter().map(|line| expectation(report, line, suite)));
            cases.add_test_cases(golden(report, judged));
            if judged.lines.is_empty() && judged.golden == GoldenOutcome::NotUsed {
                let mut skipped = TestCaseStatus::skipped();
                skipped.set_message("nothing is expected of this scenario");
                cases.add_test_case(case(report, "scenario", skipped));
            }
        }
    }
    cases
}

fn case(report: &Report, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(report.name.as_str());
    case
}

fn expectation(report: &Report, line: &Line, suite: &Suite) -> TestCase {
    let text = &line.requirement.expectation.text;
    let got = words::got(line);
    let more = words::more(line).into_iter().chain(words::broken_by(&report.name, line, &suite.sets));
    let description: Vec<String> = std::iter::once(format!("{text}: {got}")).chain(more).collect();
    let status = match line.judgement.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => failed(NonSuccessKind::Failure, "expectation", &got, &description.join("\n")),
        Verdict::Undecided => failed(NonSuccessKind::Failure, "undecided", &got, &description.join("\n")),
    };
    case(report, text, status)
}

fn golden(report: &Report, judged: &Judged) -> Option<TestCase> {
    let sentences = words::golden(&judged.golden);
    let status = if judged.golden.is_fine() {
        TestCaseStatus::success()
    } else {
        let headline = sentences.first().map_or("differs", String::as_str);
        failed(NonSuccessKind::Failure, "golden", headline, &sentences.join("\n"))
    };
    super::has_golden(&judged.golden).then(|| case(report, "golden result", status))
}

fn failed(kind: NonSuccessKind, what: &str, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(what).set_message(message).set_description(description);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::test::Stray;
    use thirdtry::scenario::load::Input;
    use thirdtry::suite::{Case, Options, test_case};

    /// What must not break out of any form of the report.
    const EVIL: &str = "a<script>]]>&\"'\u{1b}[31m%0A\r\n::error=cmd|x";

    #[test]
    fn a_junit_reader_reads_what_was_said_whatever_the_names() {
        let text = r#"{ "version": 1, "functions": { "f": { "duration": "1s" } },
            "destinations": { "<script>]]>&": { "sqs": {} } },
            "sources": { "s": { "to": "f", "arrivals": { "times": ["1s"] } } },
            "expect": ["destinations[\"<script>]]>&\"].delivered.Sum > 5", "lost.Sum == 0"] }"#;
        let options = Options {
            replications: None,
            confidence: thirdtry::experiment::Confidence::USUAL,
            threads: std::num::NonZeroUsize::MIN,
        };
        let report = |name: &str, text: &str| {
            let case = Case { input: Input::from_text(name, text), golden: None };
            test_case(&case, &options, &()).expect("nobody stops it")
        };
        let suite = Suite {
            reports: vec![report(EVIL, text), report("=cmd", "{ <script> ]]> }")],
            left_out: 0,
            stray: vec![Stray { path: EVIL.into(), what: "stray" }],
            seeds: Vec::new(),
            sets: Vec::new(),
        };
        let xml = junit(&suite);
        // A reader that is not the library which wrote it.
        let read = junit_parser::from_reader(xml.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{xml}"));
        assert_eq!((read.tests, read.failures, read.errors), (4, 2, 1), "{xml}");
        let case = &read.suites[0].cases[0];
        assert_eq!(case.original_name, r#"destinations["<script>]]>&"].delivered.Sum > 5"#);
        let junit_parser::TestStatus::Failure(failure) = &case.status else { panic!("{case:?}") };
        assert_eq!((failure.message.as_str(), failure.failure_type.as_str()), ("got 0", "expectation"));
        assert!(failure.text.ends_with("5: got 0"), "{failure:?}");
        // Without what XML cannot say, and with line breaks as XML has them.
        assert_eq!(read.suites[0].name, "a<script>]]>&\"'%0A\n::error=cmd|x");
        let junit_parser::TestStatus::Error(error) = &read.suites[1].cases[0].status else { panic!("{xml}") };
        assert!(error.message.starts_with("the scenario is invalid: 1 error"), "{error:?}");
        assert!(!xml.contains("<script>"), "{xml}");
    }
}
