//! Every chart of every kind of run, however strange: it is drawn, well formed, and the same each time.

use super::{ChartFile, ChartInput, Format, draw_all};
use crate::id::{DestinationId, FunctionId};
use crate::observe::environments::{Environments, Made};
use crate::observe::lives::{Lives, Notable};
use crate::observe::series::Series;
use crate::observe::test_scenarios::{
    busy, events_at, exceptions, function, idle, poisson, queue, source, windows,
};
use crate::scenario::{Arrivals, End, Fault, FaultKind, InvocationType, Probability, Scenario};
use crate::simulate::simulate;
use crate::time::{SimDuration, SimTime};

fn charts(scenario: &Scenario, format: Format) -> Vec<ChartFile> {
    let mut observers = (Series::new(scenario), Notable::new(3), Made::new(scenario));
    simulate(scenario, &mut observers);
    let (series, notable, made) = observers;
    let mut lives = Lives::of(notable.events());
    simulate(scenario, &mut lives);
    let lives: Vec<_> = lives.iter().collect();
    let mut environments = Environments::new(&made, series.width(), series.buckets().len(), 8);
    simulate(scenario, &mut environments);
    let input = ChartInput { scenario, series: &series, lives: &lives, environments: &environments };
    draw_all(&input, format)
}

fn svg(scenario: &Scenario, name: &str) -> String {
    let files = charts(scenario, Format::Svg);
    let file = files.into_iter().find(|file| file.name == format!("{name}.svg"));
    String::from_utf8(file.expect("one of the charts").bytes).expect("SVG is UTF-8")
}

/// An empty run, one event, one instant, a synchronous caller alone, nothing but losses, a run of a decade, names that
/// are markup, many of everything.
fn strange_runs() -> Vec<Scenario> {
    let with = |name: &str, change: &dyn Fn(&mut Scenario)| {
        let mut scenario = idle();
        name.clone_into(&mut scenario.name);
        change(&mut scenario);
        scenario
    };
    vec![
        idle(),
        with("no functions", &|s| s.functions.clear()),
        with("ends at once", &|s| {
            s.sources = vec![events_at("orders", &[0])];
            s.end = End::At(SimTime::ZERO);
        }),
        with("one event", &|s| s.sources = vec![events_at("orders", &[0])]),
        events_at_once(),
        with("calls only", &|s| {
            s.sources = vec![source("calls", InvocationType::RequestResponse, poisson(5.0, 20))];
        }),
        with("all lost", &|s| {
            s.functions[0].failures = vec![exceptions(1.0, &[(0, 100_000)])];
            s.sources = vec![events_at("orders", &[0, 1_000])];
        }),
        with("a decade", &|s| {
            s.sources = vec![events_at("orders", &[0, 315_360_000_000])];
            s.functions[0].failures = vec![exceptions(0.5, &[(0, 1), (100, 300_000_000)])];
        }),
        named_as_markup(),
        many_of_everything(),
        busy(),
    ]
}

/// Everything happens at time zero.
fn events_at_once() -> Scenario {
    let mut scenario = idle();
    "one instant".clone_into(&mut scenario.name);
    scenario.timing.dispatch_latency = SimDuration::ZERO;
    scenario.functions[0].reserved = Some(0);
    scenario.sources = vec![events_at("orders", &[0, 0, 0])];
    scenario
}

fn named_as_markup() -> Scenario {
    let mut scenario = busy();
    for name in [&mut scenario.name, &mut scenario.functions[0].name, &mut scenario.destinations[0].name] {
        "<a&\"b>'\u{1}\u{ffff} Ж漢".clone_into(name);
    }
    scenario.description = "]]> <!-- & -->".to_owned();
    scenario.functions[0].failures[0].because = "</text>".to_owned();
    scenario
}

fn many_of_everything() -> Scenario {
    let mut scenario = idle();
    let names = (0..40).map(|number| format!("a-function-with-quite-a-long-name-{number:02}"));
    scenario.functions = names.clone().map(|name| function(&name)).collect();
    scenario.destinations = (0..40).map(|number| queue(&format!("queue-{number:02}"))).collect();
    for (number, function) in (0_u16..).zip(&mut scenario.functions) {
        function.on_success = Some(DestinationId(number));
        function.maximum_age = SimDuration::from_secs(60 + u64::from(number));
    }
    let sources = names.enumerate().map(|(number, name)| {
        let mut source = source(&name, InvocationType::Event, poisson(1.0, 60));
        source.to = crate::scenario::Targets::One(FunctionId(u16::try_from(number).expect("few")));
        source
    });
    scenario.sources = sources.collect();
    let faults = (0_u8..20).map(|ordinal| Fault {
        kind: FaultKind::SystemError { status: 503 },
        ordinal,
        function: Some(FunctionId(u16::from(ordinal))),
        probability: Probability::ALWAYS,
        during: windows(&[(u64::from(ordinal), 30 + u64::from(ordinal)), (50, 1_000)]),
    });
    scenario.faults = faults.collect();
    scenario
}

/// Checks what this project's SVG uses of XML: elements nested and closed, attributes quoted and unique, no bare
/// markup characters, no forbidden characters.
fn assert_well_formed(text: &str, whose: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        assert_text(&rest[..start], whose);
        assert!(start == 0 || !open.is_empty() || rest[..start].trim().is_empty(), "{whose}: text outside");
        let end = rest.find('>').unwrap_or_else(|| panic!("{whose}: an open tag in {rest:.80}"));
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{whose}");
        } else {
            let name = tag.split([' ', '/']).next().expect("split gives one");
            assert_attributes(tag.trim_end_matches('/')[name.len()..].trim(), whose);
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{whose}: {open:?} left open");
}

fn assert_attributes(mut rest: &str, whose: &str) {
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{whose}: {rest}"));
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("{whose}: {after}"));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{whose}: {name}");
        assert!(!seen.contains(&name), "{whose}: {name} twice");
        assert_text(value, whose);
        seen.push(name);
        rest = after.trim_start();
    }
}

fn assert_text(text: &str, whose: &str) {
    for (position, _) in text.match_indices('&') {
        let entities = ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;"];
        assert!(entities.iter().any(|entity| text[position..].starts_with(entity)), "{whose}: {text}");
    }
    let allowed = |c: char| !c.is_control() || c == '\n';
    assert!(text.chars().all(|c| allowed(c) && c != '\u{ffff}' && c != '>'), "{whose}: {text:?}");
}

#[test]
fn every_chart_of_every_run_is_well_formed() {
    for scenario in strange_runs() {
        let files = charts(&scenario, Format::Svg);
        assert_eq!(files.len(), 6);
        for file in files {
            let text = String::from_utf8(file.bytes).expect("SVG is UTF-8");
            let whose = format!("{} of {}", file.name, scenario.name);
            assert!(text.starts_with("<svg "), "{whose}");
            assert_well_formed(&text, &whose);
        }
    }
}

#[test]
fn charts_become_pixels() {
    for scenario in [idle(), events_at_once(), named_as_markup()] {
        for file in charts(&scenario, Format::Png) {
            let decoder = png::Decoder::new(std::io::Cursor::new(&file.bytes));
            let mut reader = decoder.read_info().expect("a PNG");
            let mut pixels = vec![0; reader.output_buffer_size().expect("it fits into memory")];
            reader.next_frame(&mut pixels).expect("whole");
            assert_eq!(reader.info().width, 2_400);
            let dark = pixels.iter().filter(|channel| **channel < 100).count();
            assert!(dark > 500, "{} of {} shows nothing", file.name, scenario.name);
        }
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(charts(&busy(), Format::Svg), charts(&busy(), Format::Svg));
    assert_eq!(charts(&events_at_once(), Format::Png), charts(&events_at_once(), Format::Png));
}

#[test]
fn nothing_to_show_is_said() {
    let notices = [
        ("timeline", "No event arrived in this run."),
        ("event_age", "No event was dispatched in this run."),
        ("fates", "No event was accepted in this run."),
        ("event_lives", "No event was chosen to be shown."),
        ("environments", "No run ended in this run."),
        ("destinations", "The scenario has no destination."),
    ];
    for (chart, notice) in notices {
        assert!(svg(&idle(), chart).contains(notice), "{chart}");
    }
}

#[test]
fn the_charts_say_what_happened() {
    let mut scenario = idle();
    scenario.functions[0].reserved = Some(1);
    scenario.functions[0].maximum_retries = 0;
    scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
    scenario.functions[0].failures[0].because = "cold database".to_owned();
    scenario.sources = vec![events_at("orders", &[0, 2_000])];
    let timeline = svg(&scenario, "timeline");
    for text in ["accepted: 2", "success: 1", "function error: 1", "reserved concurrency 1", "cold database"]
    {
        assert!(timeline.contains(text), "{text}");
    }
    assert!(!timeline.contains("throttled"));
    let fates = svg(&scenario, "fates");
    for text in ["2 events accepted, 1 lost (50.0 %)", "1 no route configured: lost", "retries exhausted"] {
        assert!(fates.contains(text), "{text}");
    }
    let lives = svg(&scenario, "event_lives");
    assert!(lives.contains("LOST: retries exhausted, 130ms") && lives.contains("succeeded, 130ms"));
    let ages = svg(&scenario, "event_age");
    assert!(ages.contains("maximum event age 6h of ship"));
}

/// Real arrivals, read in place: 8 819 in 57 minutes. Skips when the folder of shared data is absent.
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn a_recorded_burst_fits_its_charts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/azure/azure_llm_code_2023_arrivals.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is absent");
        return;
    };
    let times = text.lines().skip(1).map(|line| {
        let seconds: f64 = line.split(',').next().and_then(|field| field.parse().ok()).expect("a time");
        SimTime::ZERO + SimDuration::from_secs_f64_saturating(seconds)
    });
    let mut scenario = busy();
    scenario.sources = vec![source("trace", InvocationType::Event, Arrivals::Times(times.collect()))];
    scenario.end = End::Drained;
    let timeline = svg(&scenario, "timeline");
    assert!(timeline.contains("accepted: 8,819"));
    assert_well_formed(&timeline, "the recorded burst");
}
