//! Real hives and executables, compared with what other tools read from them.
