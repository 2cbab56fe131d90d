//! The pages of a history in a browser.
//!
//! The server only reads, and answers only `GET` and `HEAD`. Its pages are written by the server alone: they have no script, load
//! nothing but one style, and a content security policy forbids everything else, whatever a target, catalog or plugin might have
//! said. Lists have pages of a fixed size, so that a fleet of any size opens quickly.
//!
//! Results computed from a scan never change, and are kept for the next page: see `kept.rs`.

mod access;
mod error;
mod handlers;
mod http;
mod kept;
mod links;
mod listing;
mod pages;
mod reading;
mod server;
mod token;
mod view;

pub use access::Access;
pub use error::ServeError;
pub use handlers::router;
pub use reading::{Library, Open};
pub use server::{listen, serve};
pub use token::{Token, TokenError};

#[doc(hidden)]
pub mod fuzzing {
    //! The parser of what a browser sends, for the fuzz target.

    /// The beginning of some bytes.
    #[derive(Debug, PartialEq, Eq)]
    pub enum Parsed {
        Request {
            length: usize,
            /// Whether another request may follow.
            goes_on: bool,
        },
        Incomplete,
        Refused,
    }

    pub fn parse(bytes: &[u8]) -> Parsed {
        match crate::http::parse(bytes) {
            Ok(Some((asked, length))) => Parsed::Request { length, goes_on: asked.goes_on },
            Ok(None) => Parsed::Incomplete,
            Err(_) => Parsed::Refused,
        }
    }
}
