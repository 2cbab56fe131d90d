//! Which laws a report has to name before anybody can rely on it.

use super::law::Law;
use super::laws;
use super::repeatability::{self, CompanyChangesNothing, InterpretedAsCompiled};

/// A law that every vetting run tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredLaw {
    pub name: &'static str,
    /// Whether every plugin gives it something to be tried on.
    pub always_tried: bool,
}

/// The laws of a whole report, in its order: those of repeatability, then [`laws::ALL`].
///
/// ```
/// assert!(wardline::vet::required_laws().iter().any(|law| law.name == "never-fails" && law.always_tried));
/// ```
pub fn required_laws() -> Vec<RequiredLaw> {
    let company = CompanyChangesNothing { fleet: &[] };
    // Asked for its name only.
    let interpreted = InterpretedAsCompiled { interpreted: &|_| Err(String::new()) };
    let repeatability = repeatability::all(&company, &interpreted);
    let all = repeatability.into_iter().chain(laws::ALL.iter().copied());
    all.map(|law: &dyn Law| RequiredLaw { name: law.name(), always_tried: law.is_always_tried() }).collect()
}
