//! Shipped templates and exported metrics become scenarios and run; what is broken is refused and never panics.

use crate::source_files::text;
use crate::support::{load, record, temporary_folder, tree};
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use thirdtry::export::{Kind, RunFolder, export};
use thirdtry::import::book::Problem;
use thirdtry::import::traffic::Traffic;
use thirdtry::import::{Imported, Language, Options, SourceFile, cloudwatch, import};
use thirdtry::observe::summary::SummaryReport;
use thirdtry::record::Files;
use thirdtry::scenario::load::{Input, load as load_scenario};

const SHIPPING: &str = "scenarios/templates/order-shipping.yaml";
const DEAD_LETTERS: &str = "scenarios/templates/order-dead-letters.yaml";

fn import_file(path: &str, parameters: &[(&str, &str)]) -> Imported {
    let file = SourceFile { name: path.to_owned(), bytes: text(path).into_bytes() };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let options = Options { parameters: parameters.iter().map(owned).collect(), ..Options::default() };
    import(Language::CloudFormation, &[file], &options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn run(imported: &Imported, name: &str) -> SummaryReport {
    let loaded = load(&imported.scenario);
    record(&loaded, &temporary_folder(name), Files::LEAST)
}

/// A number of the summary's JSON.
fn number(summary: &SummaryReport, pointer: &str) -> u64 {
    let json = serde_json::to_value(summary).expect("plain data");
    json.pointer(pointer).and_then(serde_json::Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {json}"))
}

#[test]
fn the_article_s_function_with_destinations_runs_and_both_routes_deliver() {
    let imported = import_file(SHIPPING, &[]);
    let summary = run(&imported, "import-shipping");
    let (accepted, succeeded) =
        (number(&summary, "/functions/1/accepted"), number(&summary, "/functions/1/fates/succeeded"));
    let exhausted = number(&summary, "/functions/1/fates/retries_exhausted");
    assert!(succeeded > 3_000 && exhausted > 10, "{succeeded} succeeded, {exhausted} exhausted");
    assert_eq!(succeeded + exhausted, accepted);
    assert_eq!(number(&summary, "/lost/total"), 0);
    // What fails goes to the other function as an event of its own, all of it.
    assert_eq!(number(&summary, "/functions/0/accepted"), exhausted);
}

#[test]
fn the_article_s_function_with_a_dead_letter_queue_runs_and_keeps_what_fails() {
    let imported = import_file(DEAD_LETTERS, &[]);
    let summary = run(&imported, "import-dead-letters");
    let exhausted = number(&summary, "/fates/retries_exhausted");
    assert!(exhausted > 10, "{exhausted}");
    assert_eq!(number(&summary, "/routes/0/delivered"), exhausted);
    assert_eq!(number(&summary, "/lost/total"), 0);
}

#[test]
fn one_setting_of_the_template_changes_what_happens_to_events() {
    let (two, none) =
        (import_file(SHIPPING, &[("Retries", "2")]), import_file(SHIPPING, &[("Retries", "0")]));
    let exhausted =
        |imported: &Imported, name| number(&run(imported, name), "/functions/1/fates/retries_exhausted");
    let (two, none) = (exhausted(&two, "import-retries-2"), exhausted(&none, "import-retries-0"));
    // Without retries the 2 % that fail once are gone as well as the 1 % that always fail.
    assert!(none > 2 * two, "{two} with two retries, {none} without");
}

/// The same function in every language: what happens to its events is the same, to the last of them.
#[test]
fn the_same_function_in_every_language_is_the_same_scenario() {
    let others = [
        (Language::CloudFormation, "scenarios/templates/order-shipping.cdk.json"),
        (Language::Terraform, "scenarios/templates/order-shipping.tf"),
        (Language::Terraform, "scenarios/templates/order-shipping.plan.json"),
        (Language::Serverless, "scenarios/templates/order-shipping.serverless.yml"),
    ];
    let sam = load(&import_file(SHIPPING, &[]).scenario).resolved;
    for (language, path) in others {
        let file = SourceFile { name: path.to_owned(), bytes: text(path).into_bytes() };
        let imported =
            import(language, &[file], &Options::default()).unwrap_or_else(|problems| panic!("{problems:?}"));
        let other = load(&imported.scenario).resolved;
        for section in ["functions", "destinations", "sources"] {
            assert_eq!(sam[section], other[section], "{path}: {section}");
        }
    }
}

#[test]
fn an_import_depends_on_its_input_alone() {
    assert_eq!(import_file(SHIPPING, &[]), import_file(SHIPPING, &[]));
}

/// Pieces that matter to parsers and expressions.
const PIECES: [&str; 28] = [
    "!Ref ",
    "!Sub ",
    "!If ",
    "!GetAtt ",
    "&a ",
    "*a",
    "<<: *a",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "\t",
    "\"",
    "'",
    "#",
    "|",
    "${",
    "}}",
    "null",
    "true",
    "99999999999999999999",
    "Fn::Sub",
    "\u{0}",
    "\u{feff}",
    "---\n",
];

#[derive(Clone, Debug)]
enum Edit {
    Insert(usize, usize),
    Delete(usize, usize),
    CopyLine(usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<usize>(), 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Edit::CopyLine(from, to)),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let place = |at: usize, bytes: &[u8]| at % (bytes.len() + 1);
        match edit {
            Edit::Insert(at, piece) => {
                let at = place(*at, &bytes);
                bytes.splice(at..at, PIECES[*piece].bytes());
            }
            Edit::Delete(at, length) => {
                let at = place(*at, &bytes);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Edit::CopyLine(from, to) => {
                let lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                if !lines.is_empty() {
                    let line = lines[from % lines.len()].clone();
                    let at: usize = lines[..to % lines.len()].iter().map(Vec::len).sum();
                    bytes.splice(at..at, line);
                }
            }
        }
    }
    bytes
}

/// How many mutated inputs of each kind are tried: `IMPORT_CASES=20000 cargo test --test it mutated`.
fn cases() -> u32 {
    std::env::var("IMPORT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

/// Whatever comes in: a scenario that loads, or problems; never a panic.
fn holds(language: Language, name: &str, bytes: Vec<u8>) {
    let file = SourceFile { name: name.to_owned(), bytes };
    match import(language, &[file], &Options::default()) {
        Ok(imported) => drop(load(&imported.scenario)),
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| !problem.hint.is_empty() && !problem.message.is_empty()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_templates_never_panic(edits in prop::collection::vec(edit(), 1..12)) {
        holds(Language::CloudFormation, SHIPPING, edited(&text(SHIPPING), &edits));
    }

    #[test]
    fn mutated_configurations_never_panic(edits in prop::collection::vec(edit(), 1..12)) {
        let path = "scenarios/templates/order-shipping.tf";
        holds(Language::Terraform, path, edited(&text(path), &edits));
    }

    #[test]
    fn mutated_services_never_panic(edits in prop::collection::vec(edit(), 1..12)) {
        let path = "scenarios/templates/order-shipping.serverless.yml";
        holds(Language::Serverless, path, edited(&text(path), &edits));
    }

    #[test]
    fn mutated_plans_and_synthesized_templates_never_panic(edits in prop::collection::vec(edit(), 1..6)) {
        let (plan, cdk) = ("scenarios/templates/order-shipping.plan.json", "scenarios/templates/order-shipping.cdk.json");
        holds(Language::Terraform, plan, edited(&text(plan), &edits));
        holds(Language::CloudFormation, cdk, edited(&text(cdk), &edits));
    }

    #[test]
    fn mutated_metrics_and_traffic_never_panic(edits in prop::collection::vec(edit(), 1..6)) {
        let options = metric_options(&[], Some("f"));
        for (name, text) in [("a.json", ANSWER), ("a.csv", TABLE)] {
            let file = SourceFile { name: name.to_owned(), bytes: edited(text, &edits) };
            if let Err(problems) = cloudwatch::import(&[file], &options) {
                prop_assert!(!problems.is_empty());
            }
        }
        let traffic = SourceFile { name: "t.json".to_owned(), bytes: edited(&traffic_of_the_docs(), &edits) };
        if let Ok(traffic) = Traffic::read(&traffic) {
            let template = SourceFile { name: SHIPPING.to_owned(), bytes: text(SHIPPING).into_bytes() };
            let options = Options { traffic: Some(traffic), ..Options::default() };
            if let Ok(imported) = import(Language::CloudFormation, &[template], &options) {
                load(&imported.scenario);
            }
        }
    }
}

/// What is cut off by a full disk or a broken download is refused or imported, and never a panic.
#[test]
fn templates_and_metrics_cut_at_any_place_never_panic() {
    let step = |length: usize| (0..length).step_by(50);
    let languages = [
        (Language::CloudFormation, SHIPPING),
        (Language::CloudFormation, DEAD_LETTERS),
        (Language::CloudFormation, "scenarios/templates/order-shipping.cdk.json"),
        (Language::Terraform, "scenarios/templates/order-shipping.tf"),
        (Language::Terraform, "scenarios/templates/order-shipping.plan.json"),
        (Language::Serverless, "scenarios/templates/order-shipping.serverless.yml"),
    ];
    for (language, path) in languages {
        let whole = text(path).into_bytes();
        step(whole.len()).for_each(|at| holds(language, path, whole[..at].to_vec()));
    }
    let options = metric_options(&[], Some("f"));
    for (name, whole) in [("a.json", ANSWER), ("a.csv", TABLE)] {
        for at in 0..whole.len() {
            let file = SourceFile { name: name.to_owned(), bytes: whole.as_bytes()[..at].to_vec() };
            let problems = cloudwatch::import(&[file], &options).err().unwrap_or_default();
            assert!(problems.iter().all(|problem| !problem.hint.is_empty()), "{name} cut at {at}");
        }
    }
    let traffic = traffic_of_the_docs().into_bytes();
    for at in step(traffic.len()) {
        let file = SourceFile { name: "t.json".to_owned(), bytes: traffic[..at].to_vec() };
        assert!(Traffic::read(&file).is_err(), "cut at {at}");
    }
}

const ANSWER: &str = r#"{"MetricDataResults": [
  {"Id": "m1", "Label": "ship AsyncEventsReceived", "Timestamps": [1767607500, 1767607200.0], "Values": [30, 40]},
  {"Id": "m2", "Label": "ship Invocations", "Timestamps": [1767607500, 1767607200.0], "Values": [33, 44]},
  {"Id": "m3", "Label": "ship Errors", "Timestamps": [1767607500, 1767607200.0], "Values": [3, 4]},
  {"Id": "m4", "Label": "ship Duration p50", "Timestamps": [1767607500, 1767607200.0], "Values": [100.5, 90]},
  {"Id": "m5", "Label": "ship Throttles", "Timestamps": [1767607200.0], "Values": [2]},
  {"Id": "m6", "Label": "ship ConcurrentExecutions Maximum", "Timestamps": [1767607200.0], "Values": [2]}]}"#;
const TABLE: &str = "timestamp,function,metric,sum,p50,p99,average\n2026-01-05T10:00:00Z,ship,Invocations,50,,,\n\
                     2026-01-05T10:01:00Z,ship,Errors,5,,,\n2026-01-05T10:02:00Z,ship,Duration,,10,20.5,12\n";

/// The traffic file that `docs/import.md` shows.
fn traffic_of_the_docs() -> String {
    let document = text("docs/import.md");
    let (_, behind) = document.split_once("```json\n").expect("an example");
    behind.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn the_traffic_file_of_the_docs_fits_the_template_that_it_is_for() {
    let file = SourceFile { name: "traffic.json".to_owned(), bytes: traffic_of_the_docs().into_bytes() };
    let traffic = Traffic::read(&file).expect("a traffic file");
    let template = SourceFile { name: SHIPPING.to_owned(), bytes: text(SHIPPING).into_bytes() };
    let options = Options { traffic: Some(traffic), ..Options::default() };
    let imported = import(Language::CloudFormation, &[template], &options)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(!imported.scenario.contains("// PLACEHOLDER"), "{}", imported.scenario);
    let resolved = load(&imported.scenario).resolved;
    assert_eq!(resolved["sources"]["Orders"]["arrivals"]["poisson"]["rate"], "20/s");
    assert_eq!(resolved["sources"]["backfill"]["max_events"], 1_000);
    assert_eq!(resolved["functions"]["OpenCase"]["failures"], serde_json::json!([]));
}

/// Runs `scenario`, exports its metrics, imports these, and returns the runs' summaries, the first and the second.
fn there_and_back(scenario: &str) -> (SummaryReport, SummaryReport) {
    let folder = temporary_folder(&format!("import-metrics-{scenario}"));
    let loaded = load(&text(format!("scenarios/{scenario}.json")));
    let metrics = Files { metrics: true, ..Files::LEAST };
    let first = record(&loaded, &folder.join("first"), metrics);
    let run = RunFolder::open(&folder.join("first")).expect("a finished run");
    let exported = export(&run, Kind::CloudWatch, &folder.join("export")).expect("it can be exported");
    let file =
        |(name, bytes): (PathBuf, Vec<u8>)| SourceFile { name: name.to_string_lossy().into_owned(), bytes };
    let is_answer = |file: &SourceFile| !file.name.ends_with("manifest.json");
    let files: Vec<SourceFile> = tree(&exported).into_iter().map(file).filter(is_answer).collect();
    let options =
        cloudwatch::Options { arrivals_file: "arrivals.csv".to_owned(), ..cloudwatch::Options::default() };
    let imported = cloudwatch::import(&files, &options).unwrap_or_else(|problems| panic!("{problems:?}"));
    fs::write(folder.join("arrivals.csv"), &imported.arrivals).expect("a file");
    let again = Input { folder: Some(folder.clone()), ..Input::from_text("again", &imported.scenario) };
    let again = load_scenario(&again).unwrap_or_else(|rejected| panic!("{rejected}"));
    (first, record(&again, &folder.join("second"), metrics))
}

/// The error that `docs/import.md` states: events exactly, runs within 2 %, failed runs within 10 % and three standard
/// deviations of a count, throttles within 35 %, the largest backlog within 10 %.
#[test]
fn metrics_of_a_run_become_a_scenario_that_does_the_same_within_the_stated_error() {
    for scenario in ["quickstart", "outage-backlog", "poison-events", "cold-start-storm"] {
        let (first, second) = there_and_back(scenario);
        let both = |pointer| (number(&first, pointer), number(&second, pointer));
        let (a, b) = both("/accepted");
        assert_eq!(a, b, "{scenario}: events");
        let near = |what: &str, (a, b): (u64, u64), percent: u64, slack: u64| {
            assert!(100 * a.abs_diff(b) <= percent * a + 100 * slack, "{scenario}: {what} {a} and {b}");
        };
        near("runs", both("/runs"), 2, 5);
        let failed = (errors(&first), errors(&second));
        near("failed runs", failed, 10, 3 * failed.0.isqrt());
        let throttles = (throttles(&first), throttles(&second));
        near("throttles", throttles, 35, 3);
        near("the largest backlog", both("/backlog/peak/maximum"), 10, 6);
    }
}

fn errors(summary: &SummaryReport) -> u64 {
    sum(summary, "/function_errors")
}

fn throttles(summary: &SummaryReport) -> u64 {
    sum(summary, "/throttles")
}

/// The sum of an object's numbers.
fn sum(summary: &SummaryReport, pointer: &str) -> u64 {
    let json = serde_json::to_value(summary).expect("plain data");
    let object = json.pointer(pointer).and_then(serde_json::Value::as_object).expect("an object").clone();
    object.values().filter_map(serde_json::Value::as_u64).sum()
}

fn import_metrics(
    name: &str,
    text: &str,
    options: &cloudwatch::Options,
) -> Result<cloudwatch::Imported, Vec<Problem>> {
    cloudwatch::import(&[SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }], options)
}

fn metric_options(columns: &[(&str, &str)], function: Option<&str>) -> cloudwatch::Options {
    cloudwatch::Options {
        columns: columns.iter().map(|(role, name)| ((*role).to_owned(), (*name).to_owned())).collect(),
        function: function.map(str::to_owned),
        arrivals_file: "a.csv".to_owned(),
    }
}

#[test]
fn tables_are_read_by_the_names_of_their_columns_or_as_told() {
    let arrivals = "timestamp,ship\n2026-01-05T10:00:00Z,5\n2026-01-05T10:01:00Z,0\n2026-01-05T10:02:00Z,7\n";
    let long = "timestamp,function,metric,sum\n2026-01-05T10:00:00Z,ship,AsyncEventsReceived,5\n\
                2026-01-05T10:01:00Z,ship,Errors,0\n2026-01-05T10:02:00Z,ship,AsyncEventsReceived,7\n";
    let wide = "Time,Fn,received,oops\n1767607200,ship,5,\n1767607260,ship,,0\n1767607320,ship,7,1\n";
    let told = [
        ("timestamp", "Time"),
        ("function", "Fn"),
        ("AsyncEventsReceived", "received"),
        ("Errors.Sum", "oops"),
    ];
    let alone = "Time,AsyncEventsReceived (Sum),Errors\n2026-01-05 10:00:00,5,0\n2026-01-05 10:01:00,,0\n2026-01-05 10:02:00,7,\n";
    let cases = [
        (long, metric_options(&[], None)),
        (wide, metric_options(&told, None)),
        (alone, metric_options(&[], Some("ship"))),
    ];
    for (text, options) in cases {
        let imported =
            import_metrics("t.csv", text, &options).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(String::from_utf8(imported.arrivals).expect("UTF-8"), arrivals, "{text}");
        assert!(imported.scenario.contains(r#""per": "60s""#), "{}", imported.scenario);
    }
}

#[test]
fn answers_with_several_functions_gaps_and_epoch_times_are_read() {
    let text = r#"{"MetricDataResults": [
      {"Id": "m1", "Label": "ship AsyncEventsReceived", "Timestamps": [1767607500, 1767607200.0], "Values": [3, 4], "StatusCode": "Complete"},
      {"Id": "m2", "Label": "bill Invocations", "Timestamps": ["2026-01-05T10:00:00+00:00"], "Values": [10], "StatusCode": "PartialData"},
      {"Id": "m3", "Label": "ship Errors", "Timestamps": [], "Values": []},
      {"Id": "m4", "Label": "ship Teapots", "Timestamps": [1767607200], "Values": [1]}], "Messages": []}"#;
    let imported = import_metrics("a.json", text, &metric_options(&[], None))
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(imported.functions, ["bill", "ship"]);
    let arrivals = String::from_utf8(imported.arrivals).expect("UTF-8");
    assert_eq!(arrivals, "timestamp,bill,ship\n2026-01-05T10:00:00Z,10,4\n2026-01-05T10:05:00Z,0,3\n");
    let says = |words: &str| imported.notes.iter().any(|note| note.text.contains(words));
    assert!(
        says("all Invocations are taken for asynchronous")
            && says("are partial")
            && says("is no metric of Lambda")
    );
}

#[test]
fn metrics_that_say_nothing_or_nonsense_are_refused() {
    let none = metric_options(&[], None);
    let cases: [(&str, &str, &cloudwatch::Options, &str); 12] = [
        ("a.json", "{\"MetricDataResults\": [], \"Messages\": []}", &none, "no sample"),
        ("a.json", "{\"Label\": \"Errors\", \"Datapoints\": []}", &none, "do not say of which function"),
        (
            "a.json",
            "{\"MetricDataResults\": [{\"Label\": \"Errors\", \"Timestamps\": [1], \"Values\": [1]}]}",
            &none,
            "does not say of which function",
        ),
        (
            "a.json",
            "{\"MetricDataResults\": [{\"Label\": \"f Errors\", \"Timestamps\": [1], \"Values\": []}]}",
            &none,
            "1 timestamps and 0 values",
        ),
        (
            "a.json",
            "{\"MetricDataResults\": [{\"Label\": \"f Errors\", \"Timestamps\": [\"soon\"], \"Values\": [1]}]}",
            &none,
            "is no time",
        ),
        (
            "a.json",
            "{\"MetricDataResults\": [{\"Label\": \"f Errors\", \"Timestamps\": [1], \"Values\": [-1]}]}",
            &none,
            "is no value of Errors",
        ),
        ("a.json", "{", &none, "not JSON"),
        ("a.json", "{\"hello\": 1}", &none, "no answer of get-metric-data"),
        ("a.csv", "a,b\n1,2\n", &none, "no column for the time"),
        ("a.csv", "timestamp,function,Errors\nsoon,f,1\n", &none, "is no time"),
        ("a.csv", "timestamp,function,Errors\n1,f,1,2\n", &none, "not CSV"),
        ("a.csv", "timestamp,function,Errors\n0,f,1\n999999999,f,1\n1,f,1\n", &none, "at most 1000000"),
    ];
    for (name, text, options, message) in cases {
        let problems = import_metrics(name, text, options).expect_err(text);
        assert!(problems[0].message.contains(message), "{text}: {}", problems[0]);
    }
    let told = metric_options(&[("teapot", "a")], None);
    assert!(
        import_metrics("a.csv", "a\n1\n", &told).expect_err("a role")[0].message.contains("no role `teapot`")
    );
    let told = metric_options(&[("timestamp", "aa")], None);
    assert!(
        import_metrics("a.csv", "a\n1\n", &told).expect_err("a column")[0].message.contains("no column `aa`")
    );
}
