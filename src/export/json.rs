//! JSON as AWS's command line prints it: four spaces, numbers with a point where AWS has floating point.

use std::io::Write;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::value::RawValue;

use super::folder::ExportError;
use crate::sink::directory::OutputFolder;

/// Writes `value` into the file `name`.
pub(super) fn write_pretty(
    out: &mut OutputFolder,
    name: &str,
    value: &impl Serialize,
) -> Result<(), ExportError> {
    let mut text = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut Serializer::with_formatter(&mut text, formatter)).expect("plain data");
    text.push(b'\n');
    let mut file = out.create(name)?;
    file.write_all(&text)?;
    Ok(out.complete(file)?)
}

/// A number that AWS keeps as floating point: `2` is `2.0`, `66012.500` is `66012.5`. `None` for what is no number.
pub(super) fn float(text: &str) -> Option<Box<RawValue>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    RawValue::from_string(format!("{whole}.{fraction}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_point_and_no_idle_zeros() {
        let cases =
            [("2", "2.0"), ("66012.500", "66012.5"), ("0.333333", "0.333333"), ("1000.000", "1000.0")];
        for (written, expected) in cases {
            assert_eq!(float(written).unwrap().get(), expected);
        }
        for nonsense in ["", "-1", "1e3", "1.2.3", ".5", "NaN"] {
            assert!(float(nonsense).is_none(), "{nonsense}");
        }
    }
}
