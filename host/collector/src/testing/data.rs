//! The lists in a script.

use std::collections::BTreeMap;

use super::tokens::{Token, tokens};
use crate::{Anywhere, AnywhereKind, Plan};

/// A value in a script's lists.
#[derive(Clone, Debug, PartialEq)]
enum Data {
    Text(String),
    Flag(bool),
    List(Vec<Data>),
}

/// Reads the plan back from a script. Plugins and what is left out are only in its comments.
///
/// # Errors
///
/// Where the script is not as it is written by [`Plan::script`].
pub fn parse_plan(script: &str) -> Result<Plan, String> {
    let tokens = tokens(script)?;
    let mut lists = BTreeMap::new();
    let mut facts = BTreeMap::new();
    for at in 0..tokens.len() {
        let Some([Token::Variable(name), Token::Sign('='), Token::Sign('@'), Token::Sign(open)]) =
            tokens.get(at..at + 4)
        else {
            continue;
        };
        let mut reader = Reader { tokens: &tokens, at: at + 4 };
        match (open, name.as_str()) {
            ('{', "collect") => facts = reader.table()?,
            ('(', name) if LISTS.contains(&name) => {
                lists.insert(name.to_owned(), reader.list()?);
            }
            _ => {}
        }
    }
    let mut list = |name: &str| lists.remove(name).ok_or_else(|| format!("the list ${name} is missing"));
    let mut texts = |name: &str| list(name)?.into_iter().map(text).collect::<Result<Vec<_>, String>>();
    let mut plan = Plan {
        keys: texts("keys")?,
        keys_with_permissions: texts("keys_with_permissions")?,
        places: texts("places_of_files")?,
        places_with_permissions: texts("places_with_permissions")?,
        texts: texts("places_of_texts")?,
        files: texts("files")?,
        files_with_checksum: texts("files_with_checksum")?,
        names_with_checksum: texts("names_with_checksum")?,
        folders_of_updates: texts("folders_of_updates")?,
        ..Plan::default()
    };
    for pair in list("values")? {
        match pair {
            Data::List(pair) => {
                let mut pair = pair.into_iter().map(text);
                let (key, name) = (pair.next(), pair.next());
                plan.values.push((key.ok_or("expected a key")??, name.ok_or("expected a name")??));
            }
            other => return Err(format!("expected a key and a name, found {other:?}")),
        }
    }
    for group in list("anywhere")? {
        let Data::List(group) = group else { return Err("expected a list of four".to_owned()) };
        let [Data::Text(kind), Data::List(tails), Data::List(keys), Data::Flag(with_permissions)] = group.as_slice()
        else {
            return Err(format!("expected a list of four, found {group:?}"));
        };
        let texts = |list: &[Data]| list.iter().cloned().map(text).collect::<Result<Vec<_>, _>>();
        let kind = if kind == "text" { AnywhereKind::Text } else { AnywhereKind::File };
        let with_permissions = *with_permissions;
        plan.anywhere.push(Anywhere { kind, tails: texts(tails)?, keys: texts(keys)?, with_permissions });
    }
    plan.facts =
        crate::script::FACTS.iter().map(|(fact, _)| *fact).filter(|fact| facts.get(*fact) == Some(&true)).collect();
    Ok(plan)
}

const LISTS: [&str; 11] = [
    "keys",
    "keys_with_permissions",
    "places_of_files",
    "places_with_permissions",
    "places_of_texts",
    "files",
    "files_with_checksum",
    "names_with_checksum",
    "folders_of_updates",
    "values",
    "anywhere",
];

fn text(data: Data) -> Result<String, String> {
    match data {
        Data::Text(text) => Ok(text),
        other => Err(format!("expected a text, found {other:?}")),
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.peek().cloned().ok_or("the script ends in a list")?;
        self.at += 1;
        Ok(token)
    }

    fn expect(&mut self, signs: &str) -> Result<(), String> {
        for sign in signs.chars() {
            let token = self.next()?;
            if token != Token::Sign(sign) {
                return Err(format!("expected `{sign}`, found {token:?}"));
            }
        }
        Ok(())
    }

    /// The entries of `@{`, up to `}`.
    fn table(&mut self) -> Result<BTreeMap<String, bool>, String> {
        let mut table = BTreeMap::new();
        loop {
            match self.next()? {
                Token::Newline => {}
                Token::Sign('}') => return Ok(table),
                Token::Text(name) => {
                    self.expect("=")?;
                    let Data::Flag(flag) = self.value()? else {
                        return Err(format!("{name}: expected $true or $false"));
                    };
                    table.insert(name, flag);
                }
                other => return Err(format!("unexpected in a table: {other:?}")),
            }
        }
    }

    /// The items of `@(`, up to `)`.
    fn list(&mut self) -> Result<Vec<Data>, String> {
        let mut list = Vec::new();
        loop {
            match self.peek() {
                Some(Token::Newline | Token::Sign(',')) => self.at += 1,
                Some(Token::Sign(')')) => {
                    self.at += 1;
                    return Ok(list);
                }
                _ => list.push(self.value()?),
            }
        }
    }

    fn value(&mut self) -> Result<Data, String> {
        Ok(match self.next()? {
            Token::Text(text) => Data::Text(text),
            Token::Variable(name) if name == "true" => Data::Flag(true),
            Token::Variable(name) if name == "false" => Data::Flag(false),
            Token::Sign('@') => {
                self.expect("(")?;
                Data::List(self.list()?)
            }
            Token::Sign('(') => Data::Text(self.joined()?),
            other => return Err(format!("unexpected in a list: {other:?}")),
        })
    }

    /// `@('text', ([string][char]0x000a)) -join '')`, after its first bracket.
    fn joined(&mut self) -> Result<String, String> {
        self.expect("@(")?;
        let mut units = Vec::new();
        loop {
            match self.next()? {
                Token::Sign(',') => {}
                Token::Sign(')') => break,
                Token::Text(text) => units.extend(text.encode_utf16()),
                Token::Sign('(') => {
                    // `[string][char]0x000a)`
                    for expected in ["[", "string", "]", "[", "char", "]"] {
                        let token = self.next()?;
                        let found = matches!(&token, Token::Word(word) if word == expected)
                            || matches!(&token, Token::Sign(sign) if expected == sign.to_string());
                        if !found {
                            return Err(format!("expected `{expected}`, found {token:?}"));
                        }
                    }
                    let Token::Word(number) = self.next()? else { return Err("expected a number".to_owned()) };
                    let number = number.strip_prefix("0x").and_then(|digits| u16::from_str_radix(digits, 16).ok());
                    units.push(number.ok_or("expected a number of 16 bits")?);
                    self.expect(")")?;
                }
                other => return Err(format!("unexpected in a text: {other:?}")),
            }
        }
        if (self.next()?, self.next()?) != (Token::Word("-join".to_owned()), Token::Text(String::new())) {
            return Err("expected `-join ''`".to_owned());
        }
        self.expect(")")?;
        String::from_utf16(&units).map_err(|error| error.to_string())
    }
}
