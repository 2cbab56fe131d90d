//! Vetting plugins, both over the fleet that wardline carries and as a security team would.

mod backends;
mod corpus;
mod faulty;
mod plugins;
mod reports;
mod stock;
