//! What people read, whoever says it: numbers with their units, lines that end in time, tables, Markdown.
//!
//! Nothing here knows what is said; every report, verdict and table of the library is laid out with these.

pub mod layout;
pub mod markdown;
pub mod number;
pub mod table;
