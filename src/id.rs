//! Names of things as types, so that a function cannot be passed where a source is meant.

use std::fmt;

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
index_type! {
    /// A dependency: its position among the scenario's dependencies, which are sorted by name.
    DependencyId
}

/// A UUID of version 4 (RFC 9562) made of 128 drawn bits, six of which the format overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// The first half.
    pub high: u64,
    /// The second half.
    pub low: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.high, self.low);
        write!(
            out,
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}
