//! Names of things as types, so that a function cannot be passed where a source is meant.

/// The number of an event: 1, 2, 3, … in the order in which the run met them (arrivals of all sources together,
/// synchronous calls included). Stable under any change that leaves the arrivals alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);

        impl $name {
            /// The position in the scenario's list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index_type! {
    /// A function: its position among the scenario's functions, which are sorted by name.
    FunctionId
}
index_type! {
    /// A source of events: its position among the scenario's sources, which are sorted by name.
    SourceId
}
index_type! {
    /// A destination: its position among the scenario's destinations, which are sorted by name.
    DestinationId
}
