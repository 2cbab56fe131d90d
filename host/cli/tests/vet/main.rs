//! Plugins are vetted: over the fleet that wardline carries, and as a security team would.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod backends;
mod corpus;
mod faulty;
mod plugins;
mod reports;
#[path = "../report/schema.rs"]
mod schema;
mod stock;
