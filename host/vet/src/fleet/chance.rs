//! Pseudo-random choices that are the same for the same seed, on every machine and in every version of wardline.

use sha2::{Digest as _, Sha256};

/// A generator that derives each number from only a seed and a name: neither the order of draws nor other draws affect it.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance { seed }
    }

    /// The number for `name` and `purpose`.
    ///
    /// ```
    /// # use wardline_vet::fleet::chance::Chance;
    /// let chance = Chance::new(7);
    /// assert_eq!(chance.draw("present", "hklm\\software"), Chance::new(7).draw("present", "hklm\\software"));
    /// assert_ne!(chance.draw("present", "hklm\\software"), chance.draw("type", "hklm\\software"));
    /// ```
    pub fn draw(self, purpose: &str, name: &str) -> u64 {
        let mut hasher = Sha256::new();
        hasher.update(self.seed.to_le_bytes());
        hasher.update((purpose.len() as u64).to_le_bytes());
        hasher.update(purpose);
        hasher.update(name);
        let digest = hasher.finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// True for `percent` names out of a hundred.
    pub fn percent(self, purpose: &str, name: &str, percent: u64) -> bool {
        self.draw(purpose, name) % 100 < percent
    }

    /// A number below `end`, which must not be 0.
    pub fn below(self, purpose: &str, name: &str, end: u64) -> u64 {
        self.draw(purpose, name) % end.max(1)
    }

    /// One of `items`.
    ///
    /// # Panics
    ///
    /// If `items` is empty, which is a bug in wardline.
    pub fn one_of<'i, T>(self, purpose: &str, name: &str, items: &'i [T]) -> &'i T {
        &items[self.below(purpose, name, items.len() as u64) as usize]
    }
}
