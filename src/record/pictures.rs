//! The charts of a run: what they need while it goes on, and drawing them when it is over.

use crate::chart::{ChartInput, Format, MOST_ENVIRONMENTS, draw_all};
use crate::model::observation::{Fact, Observer, Remark};
use crate::observe::environments::{Environments, Made};
use crate::observe::lives::{Life, Lives, Notable};
use crate::observe::series::Series;
use crate::report::Chart;
use crate::scenario::Scenario;
use crate::sink::directory::{OutputError, OutputFolder};

/// How many events of each kind the chart of lives shows at most.
const LIVES_OF_EACH_KIND: usize = 4;

/// What the charts are drawn from.
#[derive(Debug)]
pub(super) struct Pictures {
    series: Series,
    notable: Notable,
    made: Made,
    png: bool,
}

impl Pictures {
    pub(super) fn new(scenario: &Scenario, png: bool) -> Self {
        Self {
            series: Series::new(scenario),
            notable: Notable::new(LIVES_OF_EACH_KIND),
            made: Made::new(scenario),
            png,
        }
    }

    /// What takes notes of the lives and environments that are worth showing, in a second, identical run.
    pub(super) fn look_again(&self, scenario: &Scenario) -> Looking {
        let lives = Lives::of(self.notable.events());
        let (step, steps) = (self.series.width(), self.series.buckets().len());
        let functions = u32::try_from(scenario.functions.len()).unwrap_or(u32::MAX);
        let each = (MOST_ENVIRONMENTS / functions.max(1)).max(1);
        let environments = Environments::new(&self.made, step, steps, each);
        Looking { lives, environments }
    }

    /// Draws the charts and writes them with the numbers behind them; returns those that a page can show.
    pub(super) fn write(
        self,
        looking: &Looking,
        scenario: &Scenario,
        folder: &mut OutputFolder,
    ) -> Result<Vec<Chart>, OutputError> {
        let mut series = folder.create("series.csv")?;
        self.series.write_csv(scenario, &mut series)?;
        folder.complete(series)?;
        let lives: Vec<&Life> = looking.lives.iter().collect();
        let environments = &looking.environments;
        let input = ChartInput { scenario, series: &self.series, lives: &lives, environments };
        let formats: &[Format] = if self.png { &[Format::Svg, Format::Png] } else { &[Format::Svg] };
        let mut shown = Vec::new();
        for format in formats {
            for chart in draw_all(&input, *format) {
                folder.write(&format!("charts/{}", chart.name), &chart.bytes)?;
                let name = chart.name.strip_suffix(".svg").map(str::to_owned);
                shown.extend(
                    name.zip(String::from_utf8(chart.bytes).ok()).map(|(name, svg)| Chart { name, svg }),
                );
            }
        }
        Ok(shown)
    }
}

/// Who looks again.
#[derive(Debug)]
pub(super) struct Looking {
    lives: Lives,
    environments: Environments,
}

impl Observer for Looking {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.lives.observe(fact);
        self.environments.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.lives.remark(remark);
        self.environments.remark(remark);
    }
}

impl Observer for Pictures {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.series.observe(fact);
        self.notable.observe(fact);
        self.made.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.series.remark(remark);
    }
}
