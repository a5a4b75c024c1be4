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

impl RequestId {
    /// The number of characters that it is written with.
    pub const WIDTH: usize = 36;

    /// Writes it as text: 8, 4, 4, 4 and 12 hexadecimal digits, in lower case, with hyphens in between.
    pub fn write(self, text: &mut [u8; Self::WIDTH]) {
        const VERSION: u64 = 0x4000;
        const VARIANT: u64 = 0x8000_0000_0000_0000;
        let high = self.high & !0xf000 | VERSION;
        let low = self.low & !(0xc000_0000_0000_0000) | VARIANT;
        let bytes = u128::to_be_bytes(u128::from(high) << 64 | u128::from(low));
        for (byte, place) in bytes.into_iter().zip(PLACES) {
            [text[place], text[place + 1]] = HEXADECIMAL[usize::from(byte)];
        }
        for hyphen in HYPHENS {
            text[hyphen] = b'-';
        }
    }
}

/// Where the bytes of a UUID stand in its text.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/// And where its hyphens stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The two digits of every byte.
const HEXADECIMAL: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = [DIGITS[byte >> 4], DIGITS[byte & 0xf]];
        byte += 1;
    }
    table
};

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; Self::WIDTH];
        self.write(&mut text);
        out.write_str(str::from_utf8(&text).expect("hexadecimal digits and hyphens"))
    }
}
