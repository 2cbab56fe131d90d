//! The tokens of a script, in the subset of PowerShell that the scripts are written in.

/// A token of a script. Words are commands, operators and names without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `'text'`, without quotes and escapes.
    Text(String),
    /// `"text"`, as it is written: it may hold variables.
    Expandable(String),
    /// `$name`, without `$`.
    Variable(String),
    Word(String),
    /// A bracket, comma or other sign.
    Sign(char),
    /// The end of a line outside of brackets and commas counts as `;`.
    Newline,
}

/// Splits a script into tokens.
///
/// # Errors
///
/// Where a text or bracket is not closed, or a character is not ASCII.
pub fn tokens(script: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut line = 1;
    let mut rest = script.chars().peekable();
    while let Some(character) = rest.next() {
        let at = |problem: &str| format!("line {line}: {problem}");
        match character {
            '\n' => {
                line += 1;
                found.push(Token::Newline);
            }
            ' ' | '\t' => {}
            '#' => while rest.next_if(|next| *next != '\n').is_some() {},
            '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => text.push('\''),
                        Some('\'') => break,
                        Some('\n') | None => return Err(at("a text is not closed")),
                        Some(next) if !next.is_ascii() => return Err(at("a character is not ASCII")),
                        Some(next) => text.push(next),
                    }
                }
                found.push(Token::Text(text));
            }
            '"' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some('"') if rest.next_if_eq(&'"').is_some() => text.push('"'),
                        Some('"') => break,
                        Some('`') => text.extend(['`'].into_iter().chain(rest.next())),
                        Some('\n') | None => return Err(at("a text is not closed")),
                        Some(next) => text.push(next),
                    }
                }
                found.push(Token::Expandable(text));
            }
            '$' => {
                let mut name = String::new();
                loop {
                    // A colon is part of `$env:NAME`, and not of `$type::Method`.
                    let is_drive = matches!(name.as_str(), "env" | "script");
                    match rest.next_if(|next| next.is_ascii_alphanumeric() || *next == '_' || *next == ':' && is_drive)
                    {
                        Some(next) => name.push(next),
                        None => break,
                    }
                }
                found.push(Token::Variable(name));
            }
            '(' | '{' | '[' => {
                open.push((character, line));
                found.push(Token::Sign(character));
            }
            ')' | '}' | ']' => {
                let expected = match open.pop() {
                    Some(('(', _)) => ')',
                    Some(('{', _)) => '}',
                    Some(_) => ']',
                    None => return Err(at("a bracket is closed that is not open")),
                };
                if expected != character {
                    return Err(at(&format!("expected `{expected}`, found `{character}`")));
                }
                found.push(Token::Sign(character));
            }
            _ if character.is_ascii_alphanumeric() || matches!(character, '-' | '_') => {
                let mut word = String::from(character);
                while let Some(next) = rest.next_if(|next| next.is_ascii_alphanumeric() || matches!(next, '-' | '_')) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
            _ if character.is_ascii_graphic() => found.push(Token::Sign(character)),
            _ => return Err(at(&format!("unexpected character {character:?}"))),
        }
    }
    match open.last() {
        Some((bracket, line)) => Err(format!("line {line}: `{bracket}` is not closed")),
        None => Ok(found),
    }
}
