//! The JSON schemas in `docs/`, made from the types that are serialized, and a validator for the tests.
