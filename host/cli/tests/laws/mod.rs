//! The laws for plugins: kept by the stock plugins, and each broken by a plugin written to break it.
//!
//! The plugins are built by `cargo xtask plugins` and `cargo xtask guests`, which `cargo xtask test` runs first.

mod breaking;
mod builds;
mod double;
mod faulty;
mod fleet;
mod plugin;
mod stock;
