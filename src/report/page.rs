//! The page as a whole: what stands where.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::{self, count};
use super::sections;
use crate::scenario::problem::is_bidi_control;

use super::{CHARTS, Chart, Extra, Results};

/// How the page looks: kept apart, since it is no Rust.
const STYLE: &str = include_str!("style.css");
/// The page asks nobody for anything, and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The page, complete.
pub fn page(results: &Results) -> String {
    let summary = &results.summary;
    let description = figures::text(&results.resolved, "/description");
    let content = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "thirdtry " (results.run.provenance.thirdtry) };
                meta name="color-scheme" content="light dark";
                title { (visible(&results.run.provenance.scenario)) " – thirdtry" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kind { "thirdtry report" }
                    h1 { (visible(&results.run.provenance.scenario)) }
                    @if !description.is_empty() { p.lead { (visible(description)) } }
                    (sections::verdict(summary))
                }
                (contents(results))
                main {
                    section #glance { h2 { "At a glance" } (sections::tiles(summary)) }
                    @for (number, extra) in results.extra.iter().enumerate() { (extra_section(number, extra)) }
                    section #ledger { h2 { "Where every event went" } (sections::ledger(summary)) }
                    section #work { h2 { "Attempts" } (sections::work(summary)) }
                    section #time { h2 { "Waiting and time" } (sections::time(summary)) }
                    section #money { h2 { "Money" } (sections::money(summary)) }
                    (sections::parts(summary))
                    @if !results.charts.is_empty() {
                        section #charts { h2 { "Charts" } (charts(&results.charts)) }
                    }
                    @if results.lost_events() > 0 {
                        section #lost { h2 { "The first lost events" } (sections::lost(results)) }
                    }
                    section #settings { h2 { "Settings" } (sections::settings(&results.resolved)) }
                    section #again { h2 { "The same again" } (sections::again(&results.run)) }
                }
                footer { "Made by thirdtry " (results.run.provenance.thirdtry) ". Times are virtual, from the start of the run." }
            }
        }
    };
    let mut text = content.into_string();
    text.push('\n');
    text
}

/// What the page has, to jump to.
fn contents(results: &Results) -> Markup {
    let lost = results.lost_events() > 0;
    let has_charts = !results.charts.is_empty();
    let parts = count_parts(results);
    html! {
        nav aria-label="Sections" {
            a href="#glance" { "At a glance" }
            @for (number, extra) in results.extra.iter().enumerate() {
                a href={ "#extra-" (number) } { (visible(&extra.heading)) }
            }
            a href="#ledger" { "Events" }
            a href="#work" { "Attempts" }
            a href="#time" { "Time" }
            a href="#money" { "Money" }
            @if parts > 0 { a href="#parts" { "Parts" } }
            @if has_charts { a href="#charts" { "Charts" } }
            @if lost { a href="#lost" { "Lost events" } }
            a href="#settings" { "Settings" }
            a href="#again" { "The same again" }
        }
    }
}

fn count_parts(results: &Results) -> usize {
    let parts = ["/functions", "/dependencies", "/changes"];
    let listed: usize = parts.iter().map(|part| figures::list(&results.summary, part).len()).sum();
    listed + usize::from(count(&results.summary, "/redrives/stored") > 0)
}

/// The charts in their order; each is drawn for a white ground.
fn charts(charts: &[Chart]) -> Markup {
    let found = |name: &str| charts.iter().find(|chart| chart.name == name);
    let known = CHARTS.iter().filter_map(|(name, says)| Some((found(name)?, *says)));
    html! { @for (chart, says) in known { (figure(chart, says)) } }
}

fn figure(chart: &Chart, says: &str) -> Markup {
    html! {
        figure {
            div.chart tabindex="0" role="img" aria-label={ "Chart: " (chart.name.replace('_', " ")) ". " (says) } {
                (PreEscaped(&chart.svg))
            }
            figcaption { (says) }
        }
    }
}

fn extra_section(number: usize, extra: &Extra) -> Markup {
    html! {
        section id={ "extra-" (number) } {
            h2 { (visible(&extra.heading)) }
            @if !extra.lead.is_empty() { p { (visible(&extra.lead)) } }
            (sections::table(&extra.table))
            @for note in &extra.notes { p.note { (visible(note)) } }
            @for (chart, says) in &extra.charts { (figure(chart, &visible(says))) }
        }
    }
}

/// Text without the characters that HTML forbids even when they are escaped, and without those that turn the text
/// around them.
pub(super) fn visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => ' ',
        '\u{fdd0}'..='\u{fdef}' => '\u{25a1}',
        c if is_bidi_control(c) || c.is_control() || u32::from(c) & 0xfffe == 0xfffe => '\u{25a1}',
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_is_left_that_html_forbids() {
        assert_eq!(visible("a\u{0}b\u{1b}c\u{202e}d\u{fffe}e\nf"), "a□b□c□d□e f");
        assert_eq!(visible("<ü&\u{1f600}>"), "<ü&\u{1f600}>");
    }
}
