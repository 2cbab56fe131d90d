//! The questions and resources that a policy allows plugins, and how reports describe it.

mod enforced;
mod least;
