//! The laws that a report must name before it can be relied on.

use super::RequiredLaw;
use super::law::Law;
use super::laws;
use super::repeatability::{self, CompanyChangesNothing, InterpretedAsCompiled};

/// The laws of a complete report, in its order: those of repeatability, then [`laws::ALL`].
///
/// ```
/// assert!(wardline_vet::required_laws().iter().any(|law| law.name == "never-fails" && law.always_tried));
/// ```
pub fn required_laws() -> Vec<RequiredLaw> {
    let company = CompanyChangesNothing { fleet: &[] };
    // Needed only for its name.
    let interpreted = InterpretedAsCompiled { interpreted: &|_| Err(String::new()) };
    let repeatability = repeatability::all(&company, &interpreted);
    let all = repeatability.into_iter().chain(laws::ALL.iter().copied());
    all.map(|law: &dyn Law| RequiredLaw { name: law.name(), always_tried: law.is_always_tried() }).collect()
}
