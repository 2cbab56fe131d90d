//! Elements of XML documents, with texts from anywhere.

use wardline_contract::Escaped;

/// An XML document under construction, indented.
#[derive(Debug)]
pub(crate) struct Xml {
    out: String,
    /// The names of the elements that are open.
    open: Vec<&'static str>,
}

/// The declaration with which a document begins.
pub(crate) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

impl Xml {
    pub(crate) fn new() -> Self {
        Xml { out: String::new(), open: Vec::new() }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    /// Opens an element. Attributes without a value are left out.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)]) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
    }

    /// Closes the element that was opened last.
    pub(crate) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str(&format!("</{name}>\n"));
        }
    }

    /// Writes an element without content.
    pub(crate) fn empty(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)]) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// Writes an element with a text.
    pub(crate) fn text(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)], text: &str) {
        self.tag(name, attributes);
        self.out.push_str(&format!(">{}</{name}>\n", escaped(text)));
    }

    fn tag(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            if let Some(value) = value {
                self.out.push_str(&format!(" {attribute}=\"{}\"", escaped(value)));
            }
        }
    }

    fn indent(&mut self) {
        self.open.iter().for_each(|_| self.out.push_str("  "));
    }
}

/// Escapes what is markup in texts and in attributes. Control characters, most of which no XML document may contain, and those
/// that reorder or hide text appear as `\u{1b}`; so do code points that are not characters.
pub(crate) fn escaped(text: &str) -> String {
    let shown = Escaped(text).to_string();
    let mut out = String::with_capacity(shown.len() + 16);
    for character in shown.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // `]]>` must not appear in a text.
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
    out
}
