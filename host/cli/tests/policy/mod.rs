//! What a policy lets plugins ask and use up, and what reports say of it.

mod enforced;
mod least;
