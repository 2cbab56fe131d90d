//! What a policy allows plugins to ask and to use, and how reports describe it.

mod enforced;
mod least;
