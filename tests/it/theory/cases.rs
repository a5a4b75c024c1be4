//! The cases as the file states them.

use serde_json::Value;

/// A model, a run, and what theory says of it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) family: String,
    pub(super) formula: String,
    pub(super) model: Value,
    pub(super) run: Value,
    pub(super) measures: Vec<Measure>,
    /// The seed that it is run with.
    pub(super) seed: u64,
}

/// One number (or list) that theory gives.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) expected: Value,
    /// The standard deviation of one run of the stated size; none if the value is exact.
    pub(super) sd: Option<f64>,
    /// What the tolerance allows beyond four standard deviations: the known bias of the estimate.
    pub(super) bias: f64,
}

pub(super) fn parse(text: &str) -> Vec<Case> {
    let file: Value = serde_json::from_str(text).expect("valid JSON");
    file["cases"].as_array().expect("a list of cases").iter().map(case).collect()
}

fn case(value: &Value) -> Case {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let measures = value["measures"].as_array().map(Vec::as_slice).unwrap_or_default();
    Case {
        id: text("id"),
        title: text("title"),
        family: text("family"),
        formula: text("formula"),
        model: value["model"].clone(),
        run: value["run"].clone(),
        measures: measures.iter().map(measure).collect(),
        seed: 1,
    }
}

fn measure(value: &Value) -> Measure {
    let sd = value["sd_run"].as_f64();
    let tolerance = value["tol_abs"].as_f64().expect("a tolerance");
    // The file rounds both to four places: only what rounding cannot explain is a bias.
    let beyond = tolerance - 4.0 * sd.unwrap_or(0.0);
    Measure {
        name: value["name"].as_str().expect("a name").to_owned(),
        unit: value["unit"].as_str().unwrap_or_default().to_owned(),
        expected: value["expected"].clone(),
        sd,
        bias: if beyond > 0.002 * tolerance { beyond } else { 0.0 },
    }
}

/// A number of the file; zero where there is none.
pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}
