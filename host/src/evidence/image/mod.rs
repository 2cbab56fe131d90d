//! Evidence from an offline volume: a directory that is the root of a Windows system volume, NT 4 to today.
