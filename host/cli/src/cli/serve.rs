//! `wardline serve`.

use std::io::{Write as _, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::history::{place, store_parser};
use super::parts::Parts;
use super::{Fatal, warn};
use crate::contract::Escaped;
use crate::history::{History, Store};
use crate::interruption;
use crate::serve::{Access, Library, Token, listen, router, serve};

#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The history [default: WARDLINE_HISTORY, or history.sqlite in the data directory]
    #[arg(long, value_name = "FILE|URL", value_parser = store_parser(), value_hint = ValueHint::AnyPath)]
    history: Option<Store>,
    /// Address and port to listen on; a port alone can only be reached from this machine, and port 0 is any that is free
    #[arg(long, value_name = "[ADDRESS:]PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
    /// File with the token that readers must have; only you may read it [default: none on this machine; beyond it, one that is made
    /// and printed]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Parses `8080`, `localhost:8080`, `10.0.0.5:8080`, `[::]:8080`.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let local = text.strip_prefix("localhost:").map(|port| format!("{}:{port}", Ipv4Addr::LOCALHOST));
    let address = local.as_deref().unwrap_or(text).parse();
    address.map_err(|_| "expected an address and a port, such as 127.0.0.1:8080 or [::]:8080")
}

pub(super) fn run(arguments: &ServeArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let store = place(arguments.history.as_ref(), parts)?.ok_or("no history: name one with --history FILE")?;
    // A history that cannot be read is better reported here than in a browser.
    drop(History::open(&store)?);
    let is_made = arguments.token_file.is_none() && !arguments.listen.ip().is_loopback();
    let token = match &arguments.token_file {
        Some(file) => Some(Token::read(file)?),
        None if is_made => Some(Token::random()?),
        None => None,
    };
    let made = token.as_ref().filter(|_| is_made).map(|token| token.reveal().to_owned());
    let access = Access::new(arguments.listen, token)?;
    let listener = listen(arguments.listen)?;
    let address = listener.local_addr()?;
    let name = store.to_string();
    let library = Arc::new(Library::new(Box::new(move || History::open(&store))));
    writeln!(stdout(), "Serving {} at http://{address}/ until Ctrl-C", Escaped(&name))?;
    stdout().flush()?;
    if let Some(token) = made {
        warn(&format!("to sign in, open http://{address}/?token={token}"));
    }
    if !address.ip().is_loopback() {
        warn(if address.ip().is_unspecified() {
            "other machines use the name of this one as the address; what they read is not encrypted"
        } else {
            "what other machines read is not encrypted"
        });
    }
    let is_over = interruption::leave_to_caller();
    let first = Arc::clone(&library);
    // Errors are those of the first page, too, which shows them.
    std::thread::Builder::new().name("wardline-serve-first".to_owned()).spawn(move || first.prepare().ok())?;
    serve(listener, router(library, access), is_over)?;
    Ok(ExitStatus::Success)
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_is_of_this_machine_unless_it_says_otherwise() {
        for (text, expected) in [
            ("8080", Some("127.0.0.1:8080")),
            ("localhost:0", Some("127.0.0.1:0")),
            ("0.0.0.0:80", Some("0.0.0.0:80")),
            ("[::1]:8080", Some("[::1]:8080")),
            ("10.0.0.5", None),
            ("example.org:80", None),
            ("70000", None),
            ("", None),
        ] {
            assert_eq!(address(text).ok(), expected.map(|address| address.parse().unwrap()), "{text}");
        }
    }
}
