//! From real numbers to counts. `as` saturates at both ends and makes zero of what is no number; these two say which
//! integer is meant.

/// The integer nearest to `value`, half up; negative numbers become zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates at both ends")]
pub const fn nearest(value: f64) -> u64 {
    (value + 0.5) as u64
}

/// The whole part of `value`; negative numbers become zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates at both ends")]
pub const fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_numbers_become_counts() {
        let cases = [
            (0.0, 0, 0),
            (0.4, 0, 0),
            (0.5, 0, 1),
            (2.9, 2, 3),
            (-3.0, 0, 0),
            (f64::NAN, 0, 0),
            (f64::INFINITY, u64::MAX, u64::MAX),
        ];
        for (value, below, near) in cases {
            assert_eq!((whole(value), nearest(value)), (below, near), "{value}");
        }
    }
}
