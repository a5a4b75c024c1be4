//! Problems of a scenario file as compilers show them: the place, the line, a mark under it, and what to do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use thirdtry::scenario::load::{Input, Rejected};
use thirdtry::scenario::problem::{Problem, Severity};
use thirdtry::text::number::counted;

/// `problem` of `input`, with the line it is about.
pub(crate) fn render(problem: &Problem, input: &Input) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // What is shown with its line names the file there.
    let place = match (problem.path.as_str(), &problem.span, problem.severity) {
        ("", _, _) => input.name.clone(),
        (path, None, Severity::Warning) => format!("{}: {path}", input.name),
        (path, _, _) => path.to_owned(),
    };
    let text = String::from_utf8_lossy(&input.bytes);
    let title = level.primary_title(format!("{place}: {}", problem.message));
    let mut group = match &problem.span {
        Some(span) if span.end <= text.len() && text.is_char_boundary(span.start) => {
            let mark = AnnotationKind::Primary.span(span.clone());
            title.element(Snippet::source(text.as_ref()).path(&input.name).annotation(mark))
        }
        _ => Group::with_title(title),
    };
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(hint));
    }
    Renderer::styled().decor_style(DecorStyle::Ascii).render(&[group])
}

/// The sentence that ends a list of problems.
pub(crate) fn closing_sentence(rejected: &Rejected) -> String {
    let errors = rejected.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    format!("{} has {}; nothing was run", rejected.name, counted(errors as u64, "problem"))
}
