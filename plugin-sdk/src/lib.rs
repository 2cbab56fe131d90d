pub mod contract;
pub mod judge;
pub mod version;
