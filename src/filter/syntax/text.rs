//! CQL2 text to a syntax tree: recursive descent over the tokens, in the order of precedence of `cql2.bnf`. Takes time
//! in proportion to the text.

use super::lexer::{TokenKind, split_tokens};
use super::syntax_tree::{NamePlaces, SyntaxTree, too_deep_error, too_many_error};
use super::token_cursor::{TokenCursor, syntax_error_at};
use super::wkt;
use crate::error::Result;
use crate::filter::expression::ArrayRelation;
use crate::filter::limits::{MAX_DEPTH, MAX_OPERATORS};
use crate::filter::number::NumberLiteral;

/// Parses CQL2 text, and notes where its names stand.
///
/// A backslash before a quote is ambiguous in the grammar: `'it\'s'` has a quote inside, `'C:\'` ends there. The first
/// reading that is a filter counts. Only one of them can be: the other leaves a text open, or a backslash outside.
///
/// # Errors
/// [`crate::error::Error::Invalid`] at `filter` with the place in the text, [`crate::error::Error::TooLarge`] over a
/// limit.
pub(crate) fn parse_text_filter(text: &str) -> Result<(SyntaxTree, NamePlaces)> {
    let escaped = parse_tokens(text, true);
    if escaped.is_err()
        && text.contains("\\'")
        && let Ok(found) = parse_tokens(text, false)
    {
        return Ok(found);
    }
    escaped
}

fn parse_tokens(text: &str, escapes: bool) -> Result<(SyntaxTree, NamePlaces)> {
    let tokens = split_tokens(text, escapes).map_err(|at| syntax_error_at(text, at))?;
    let mut parser = TextParser { cursor: TokenCursor::new(text, &tokens), depth: 0, operators: 0, group: None };
    let tree = parser.parse_condition()?;
    if parser.cursor.peek().is_some() {
        return Err(parser.cursor.syntax_error());
    }
    let place = |at: usize| format!("At character {}", at + 1);
    let names = tokens.iter().filter_map(|t| match &t.kind {
        TokenKind::Name(name) | TokenKind::QuotedName(name) => Some((name.clone(), place(t.at))),
        _ => None,
    });
    Ok((tree, names.collect()))
}

struct TextParser<'a> {
    cursor: TokenCursor<'a>,
    depth: usize,
    operators: usize,
    /// The first token of the last expression in brackets, and the token after it.
    group: Option<(usize, usize)>,
}

impl TextParser<'_> {
    /// `booleanExpression`, or an expression of any other type.
    fn parse_condition(&mut self) -> Result<SyntaxTree> {
        let mut parts = vec![self.parse_conjunction()?];
        while self.cursor.take_word("OR") {
            self.count_operator()?;
            parts.push(self.parse_conjunction()?);
        }
        Ok(SyntaxTree::join("or", parts))
    }

    fn parse_conjunction(&mut self) -> Result<SyntaxTree> {
        let mut parts = vec![self.parse_negation()?];
        while self.cursor.take_word("AND") {
            self.count_operator()?;
            parts.push(self.parse_negation()?);
        }
        Ok(SyntaxTree::join("and", parts))
    }

    fn parse_negation(&mut self) -> Result<SyntaxTree> {
        if !self.cursor.take_word("NOT") {
            return self.parse_predicate();
        }
        self.count_operator()?;
        let inner = self.nested(Self::parse_negation)?;
        Ok(SyntaxTree::operation("not", vec![inner]))
    }

    /// A value, or a comparison of values.
    fn parse_predicate(&mut self) -> Result<SyntaxTree> {
        let left = self.parse_sum()?;
        if let Some(order) = self.take_comparison() {
            self.count_operator()?;
            let right = self.parse_sum()?;
            return Ok(SyntaxTree::operation(order, vec![left, right]));
        }
        if self.cursor.take_word("IS") {
            self.count_operator()?;
            let negated = self.cursor.take_word("NOT");
            self.cursor.expect_word("NULL")?;
            return Ok(negate_if(negated, SyntaxTree::operation("isNull", vec![left])));
        }
        let follows = |c: &TokenCursor<'_>, at| ["LIKE", "BETWEEN", "IN"].iter().any(|word| c.is_word_ahead(at, word));
        let negated = self.cursor.is_word_ahead(0, "NOT") && follows(&self.cursor, 1);
        if negated {
            self.cursor.advance();
        }
        if !follows(&self.cursor, 0) {
            return Ok(left);
        }
        self.count_operator()?;
        let test = if self.cursor.take_word("LIKE") {
            let pattern = self.parse_sum()?;
            SyntaxTree::operation("like", vec![left, pattern])
        } else if self.cursor.take_word("BETWEEN") {
            let low = self.parse_sum()?;
            self.cursor.expect_word("AND")?;
            let high = self.parse_sum()?;
            SyntaxTree::operation("between", vec![left, low, high])
        } else {
            self.cursor.expect_word("IN")?;
            self.cursor.expect_sign("(")?;
            let list = self.nested(|parser| parser.parse_list(false))?;
            SyntaxTree::operation("in", vec![left, SyntaxTree::Array(list)])
        };
        Ok(negate_if(negated, test))
    }

    /// Two signs may have a blank between them.
    fn take_comparison(&mut self) -> Option<&'static str> {
        let Some(TokenKind::Sign(sign)) = self.cursor.peek() else { return None };
        let order = match *sign {
            "!=" | "<>" => "<>",
            "=" | "<" | "<=" | ">" | ">=" => sign,
            _ => return None,
        };
        self.cursor.advance();
        match order {
            "<" if self.cursor.take_sign(">") => Some("<>"),
            "<" if self.cursor.take_sign("=") => Some("<="),
            ">" if self.cursor.take_sign("=") => Some(">="),
            order => Some(order),
        }
    }

    fn parse_sum(&mut self) -> Result<SyntaxTree> {
        self.parse_operators(&["+", "-"], Self::parse_product)
    }

    fn parse_product(&mut self) -> Result<SyntaxTree> {
        self.parse_operators(&["*", "/", "%", "div"], |parser| parser.parse_operators(&["^"], Self::parse_factor))
    }

    /// Operands joined by these operators, from left to right.
    fn parse_operators(
        &mut self,
        operators: &[&str],
        mut operand: impl FnMut(&mut Self) -> Result<SyntaxTree>,
    ) -> Result<SyntaxTree> {
        let mut left = operand(self)?;
        while let Some(operator) =
            operators.iter().find(|operator| self.cursor.take_sign(operator) || self.cursor.take_word(operator))
        {
            self.count_operator()?;
            let right = operand(self)?;
            left = SyntaxTree::operation(operator, vec![left, right]);
        }
        Ok(left)
    }

    fn parse_factor(&mut self) -> Result<SyntaxTree> {
        let sign = if self.cursor.take_sign("-") {
            "-"
        } else if self.cursor.take_sign("+") {
            "+"
        } else {
            return self.parse_operand();
        };
        if let Some(TokenKind::Number(digits)) = self.cursor.peek() {
            self.cursor.advance();
            return self.number(&format!("{sign}{digits}"));
        }
        if sign == "+" {
            return Err(self.cursor.syntax_error());
        }
        let inner = self.nested(Self::parse_factor)?;
        let minus_one = SyntaxTree::Number(NumberLiteral::from_integer(-1));
        Ok(SyntaxTree::operation("*", vec![minus_one, inner]))
    }

    fn parse_operand(&mut self) -> Result<SyntaxTree> {
        if let Some(geometry) = wkt::parse_geometry(&mut self.cursor, 0)? {
            return Ok(SyntaxTree::Geometry(geometry));
        }
        match self.cursor.peek() {
            Some(TokenKind::Text(text)) => {
                self.cursor.advance();
                Ok(SyntaxTree::Text(text.clone()))
            }
            Some(TokenKind::Number(digits)) => {
                self.cursor.advance();
                self.number(digits)
            }
            Some(TokenKind::Sign("(")) => self.parse_brackets(),
            Some(TokenKind::Name(name)) => {
                let name = name.clone();
                self.cursor.advance();
                if self.cursor.is_at_sign("(") {
                    return self.parse_call(name);
                }
                Ok(match name.to_ascii_lowercase().as_str() {
                    "true" => SyntaxTree::Bool(true),
                    "false" => SyntaxTree::Bool(false),
                    "null" => SyntaxTree::Null,
                    _ => SyntaxTree::Property(name),
                })
            }
            Some(TokenKind::QuotedName(name)) => {
                let name = name.clone();
                self.cursor.advance();
                if self.cursor.is_at_sign("(") { self.parse_call(name) } else { Ok(SyntaxTree::Property(name)) }
            }
            _ => Err(self.cursor.syntax_error()),
        }
    }

    /// One expression in brackets is that expression; none or several are a list.
    fn parse_brackets(&mut self) -> Result<SyntaxTree> {
        let start = self.cursor.position();
        self.cursor.expect_sign("(")?;
        let mut items = self.nested(|parser| parser.parse_list(true))?;
        if items.len() != 1 {
            return Ok(SyntaxTree::Array(items));
        }
        self.group = Some((start, self.cursor.position()));
        Ok(items.swap_remove(0))
    }

    /// Expressions up to the closing bracket.
    fn parse_list(&mut self, may_be_empty: bool) -> Result<Vec<SyntaxTree>> {
        let mut items = vec![];
        if may_be_empty && self.cursor.take_sign(")") {
            return Ok(items);
        }
        loop {
            items.push(self.parse_condition()?);
            if self.cursor.take_sign(")") {
                return Ok(items);
            }
            self.cursor.expect_sign(",")?;
        }
    }

    fn parse_call(&mut self, name: String) -> Result<SyntaxTree> {
        self.cursor.expect_sign("(")?;
        let takes_lists = ArrayRelation::from_name(&name).is_some();
        let mut args = self.nested(|parser| parser.parse_arguments(takes_lists))?;
        Ok(match name.to_ascii_lowercase().as_str() {
            "date" | "timestamp" => {
                SyntaxTree::Instant(Box::new(if args.len() == 1 { args.swap_remove(0) } else { SyntaxTree::Null }))
            }
            "interval" => SyntaxTree::Interval(args),
            "bbox" => SyntaxTree::BBox(args),
            _ => SyntaxTree::Operation { op: name, args },
        })
    }

    /// Arguments up to the closing bracket. A single value in brackets is a list where one is expected.
    fn parse_arguments(&mut self, takes_lists: bool) -> Result<Vec<SyntaxTree>> {
        let mut args = vec![];
        if self.cursor.take_sign(")") {
            return Ok(args);
        }
        loop {
            let start = self.cursor.position();
            let arg = self.parse_condition()?;
            let is_group = takes_lists && self.group == Some((start, self.cursor.position()));
            args.push(if is_group { SyntaxTree::Array(vec![arg]) } else { arg });
            if self.cursor.take_sign(")") {
                return Ok(args);
            }
            self.cursor.expect_sign(",")?;
        }
    }

    fn number(&self, digits: &str) -> Result<SyntaxTree> {
        NumberLiteral::parse_number(digits).map(SyntaxTree::Number).ok_or_else(|| self.cursor.syntax_error())
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep_error());
        }
        self.depth += 1;
        let found = parse(self);
        self.depth -= 1;
        found
    }

    fn count_operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS { Err(too_many_error()) } else { Ok(()) }
    }
}

fn negate_if(negated: bool, test: SyntaxTree) -> SyntaxTree {
    if negated { SyntaxTree::operation("not", vec![test]) } else { test }
}
