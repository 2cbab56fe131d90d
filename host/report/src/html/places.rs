//! Where a page has the details of the things that it names.

use maud::{Markup, html};

use super::text;
use crate::links::is_plain_url;
use crate::summary::{Change, Install};

/// Makes links of names and numbers. `words` is what the link says.
pub trait Places {
    /// Writes a machine's name.
    fn machine(&self, name: &str) -> Markup;

    /// Writes an update's name.
    fn update(&self, install: &Install, words: &Markup) -> Markup;

    /// Writes how many machines lack an update.
    fn lacking(&self, install: &Install, words: &Markup) -> Markup;

    /// Writes a check's name, or on how many machines it failed.
    fn check(&self, change: &Change, words: &Markup) -> Markup;

    /// Writes how many machines have a gap, by its place in [`Work::gaps`](crate::Work::gaps).
    fn gap(&self, place: usize, words: &Markup) -> Markup;
}

/// The places of a report: the list of machines, which the script filters.
pub(super) struct OnThisPage;

impl Places for OnThisPage {
    fn machine(&self, name: &str) -> Markup {
        html! { a.plain href="#computers" data-machine=(text(name)) { (text(name)) } }
    }

    fn update(&self, install: &Install, words: &Markup) -> Markup {
        html! {
            @match install.url.as_deref().filter(|url| is_plain_url(url)) {
                Some(url) => { a href=(url) rel="noreferrer noopener" { (words) } }
                None => { (words) }
            }
        }
    }

    fn lacking(&self, install: &Install, words: &Markup) -> Markup {
        let numbers = install.numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        html! { a href="#computers" data-update=(numbers) { (words) } }
    }

    fn check(&self, _: &Change, words: &Markup) -> Markup {
        words.clone()
    }

    fn gap(&self, _: usize, words: &Markup) -> Markup {
        words.clone()
    }
}
