//! Machines by name: server lists, patrols, and mbsacli's switches.

mod doubles;
mod mbsacli;
mod patrol;
mod program;
