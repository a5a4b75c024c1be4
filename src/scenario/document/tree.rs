//! The tree of a text, made of the library's tokens as they come: most texts are as they should be, and a tree of the
//! library's own would only be copied. Who wants to know what is wrong with a text asks the library's parser.

use super::{Entry, MAX_NESTING, Node, Place, Value};
use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

/// The tree of `text` behind its first `mark` bytes; `None` if it is empty, nested too deeply, or not JSON with
/// comments and trailing commas.
pub(super) fn tree(text: &str, mark: usize) -> Option<Node<'_>> {
    let scanner = Scanner::new(&text[mark..], &strict_options());
    let mut builder = Builder { scanner, mark, nodes: Vec::new(), entries: Vec::new() };
    let first = builder.token()?;
    let root = builder.value(first, 0)?;
    builder.is_at_end().then_some(root)
}

fn strict_options() -> ScannerOptions {
    ScannerOptions {
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

struct Builder<'t> {
    scanner: Scanner<'t>,
    mark: usize,
    /// The elements of the lists that are open, the innermost last: a list is allocated when its length is known.
    nodes: Vec<Node<'t>>,
    /// The entries of the objects that are open, likewise.
    entries: Vec<Entry<'t>>,
}

impl<'t> Builder<'t> {
    /// The next token that is no comment.
    fn token(&mut self) -> Option<Token<'t>> {
        loop {
            match self.scanner.scan().ok()?? {
                Token::CommentLine(_) | Token::CommentBlock(_) => {}
                token => return Some(token),
            }
        }
    }

    fn is_at_end(&mut self) -> bool {
        loop {
            match self.scanner.scan() {
                Ok(Some(Token::CommentLine(_) | Token::CommentBlock(_))) => {}
                Ok(token) => return token.is_none(),
                Err(_) => return false,
            }
        }
    }

    /// From `start` to the end of the last token.
    fn place(&self, start: usize) -> Place {
        Place::of(self.mark + start..self.mark + self.scanner.token_end())
    }

    /// The value that begins with `token`, the last one scanned.
    fn value(&mut self, token: Token<'t>, depth: usize) -> Option<Node<'t>> {
        if depth > MAX_NESTING {
            return None;
        }
        let start = self.scanner.token_start();
        let value = match token {
            Token::OpenBrace => self.object(depth)?,
            Token::OpenBracket => self.list(depth)?,
            Token::String(text) => Value::Text(text),
            Token::Number(digits) => Value::Number(digits),
            Token::Boolean(flag) => Value::Flag(flag),
            Token::Null => Value::Null,
            _ => return None,
        };
        Some(Node { value, place: self.place(start) })
    }

    fn object(&mut self, depth: usize) -> Option<Value<'t>> {
        let outer = self.entries.len();
        let mut token = self.token()?;
        while !matches!(token, Token::CloseBrace) {
            let Token::String(key) = token else { return None };
            let key_place = self.place(self.scanner.token_start());
            let Token::Colon = self.token()? else { return None };
            let first = self.token()?;
            let node = self.value(first, depth + 1)?;
            self.entries.push(Entry { key, key_place, node });
            token = match self.token()? {
                Token::Comma => self.token()?,
                end @ Token::CloseBrace => end,
                _ => return None,
            };
        }
        Some(Value::Object(self.entries.drain(outer..).collect()))
    }

    fn list(&mut self, depth: usize) -> Option<Value<'t>> {
        let outer = self.nodes.len();
        let mut token = self.token()?;
        while !matches!(token, Token::CloseBracket) {
            let node = self.value(token, depth + 1)?;
            self.nodes.push(node);
            token = match self.token()? {
                Token::Comma => self.token()?,
                end @ Token::CloseBracket => end,
                _ => return None,
            };
        }
        Some(Value::List(self.nodes.drain(outer..).collect()))
    }
}
