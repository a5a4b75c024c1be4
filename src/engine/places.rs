//! Numbers for what is in the system, used again once they are free: a table by them is as long as what was ever in the
//! system at once.

/// The numbers that are free.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Those that were in use before; the one that was given back last is used next, whose part of a table is still in
    /// the cache.
    free: Vec<u32>,
    /// How many were ever in use at once.
    used: u32,
}

impl Places {
    /// A number that nobody else has.
    ///
    /// # Panics
    /// When 2^32 are in use.
    #[inline]
    pub fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| self.another())
    }

    #[inline(never)]
    fn another(&mut self) -> u32 {
        let place = self.used;
        self.used = place.checked_add(1).expect("fewer than 2^32 places are in use");
        place
    }

    /// `place`, which was taken, is free again.
    #[inline]
    pub fn give_back(&mut self, place: u32) {
        self.free.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_shares_a_place_and_those_given_back_are_used_again() {
        let mut places = Places::default();
        assert_eq!([places.take(), places.take(), places.take()], [0, 1, 2]);
        places.give_back(1);
        places.give_back(0);
        assert_eq!([places.take(), places.take(), places.take()], [0, 1, 3]);
    }
}
