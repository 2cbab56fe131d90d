//! Windows names in a form that can be compared, and the contract's questions as [`wardline_questions`] knows them.

pub use wardline_questions::names::{folded_key, folded_name, folded_path, has_dot_segments};

wardline_questions::for_contract!(crate::types);
