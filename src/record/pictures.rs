//! The charts of a run: what they need while it goes on, and drawing them when it is over.

use crate::chart::{ChartInput, Format, MOST_ENVIRONMENTS, draw_all};
use crate::model::observation::{Fact, Observer, Remark};
use crate::observe::environments::{Environments, Made};
use crate::observe::lives::{Life, Lives, Notable};
use crate::observe::series::Series;
use crate::scenario::Scenario;
use crate::simulate::simulate;
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

    /// Draws the charts and writes them with the numbers behind them.
    ///
    /// Which lives are worth showing is known only now; the run is deterministic, so it is run once more with
    /// somebody taking notes of just these.
    pub(super) fn write(self, scenario: &Scenario, folder: &mut OutputFolder) -> Result<(), OutputError> {
        let mut series = folder.create("series.csv")?;
        self.series.write_csv(scenario, &mut series)?;
        folder.complete(series)?;
        let mut lives = Lives::of(self.notable.events());
        let (step, steps) = (self.series.width(), self.series.buckets().len());
        let functions = u32::try_from(scenario.functions.len()).unwrap_or(u32::MAX);
        let each = (MOST_ENVIRONMENTS / functions.max(1)).max(1);
        let mut environments = Environments::new(&self.made, step, steps, each);
        simulate(scenario, &mut (&mut lives, &mut environments));
        let lives: Vec<&Life> = lives.iter().collect();
        let input = ChartInput { scenario, series: &self.series, lives: &lives, environments: &environments };
        let formats: &[Format] = if self.png { &[Format::Svg, Format::Png] } else { &[Format::Svg] };
        for format in formats {
            for chart in draw_all(&input, *format) {
                folder.write(&format!("charts/{}", chart.name), &chart.bytes)?;
            }
        }
        Ok(())
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
