//! The scenario's names as cells of tables, quoted once.

use super::table::Quoted;
use crate::scenario::Scenario;

/// The names of everything that rows name, by its id.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) sources: Vec<Quoted>,
    pub(super) functions: Vec<Quoted>,
    pub(super) destinations: Vec<Quoted>,
    pub(super) dependencies: Vec<Quoted>,
    /// What one name of each kind takes in a row at most.
    pub(super) widest: usize,
}

impl Names {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let mut widest = 0;
        let mut cells = |names: &mut dyn Iterator<Item = &String>| -> Vec<Quoted> {
            let cells: Vec<Quoted> = names.map(|name| Quoted::new(name)).collect();
            widest += cells.iter().map(|name| name.cell().len()).max().unwrap_or(0);
            cells
        };
        Self {
            sources: cells(&mut scenario.sources.iter().map(|source| &source.name)),
            functions: cells(&mut scenario.functions.iter().map(|function| &function.name)),
            destinations: cells(&mut scenario.destinations.iter().map(|destination| &destination.name)),
            dependencies: cells(&mut scenario.dependencies.iter().map(|dependency| &dependency.name)),
            widest,
        }
    }
}
