//! The commands that examine plugins and recordings, run as a security team runs them.

mod components;
mod diff;
mod inspect;
mod replay;
