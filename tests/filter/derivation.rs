//! Expressions derived at random from the grammar of CQL2 (`cql2.bnf`), in text and in JSON: one function for each
//! production.

use crate::filter::brute::expression::{SETS, SPACE, TIME};
use serde_json::json;

/// Names from every range of `identifierStart` and `identifierPart`, and words of the language.
pub const TEXTS: [&str; 9] =
    ["name", "_under", ":colon", "ünï.1", "e\u{301}", "名前", "Ω\u{203F}x", "\u{10400}\u{20AC}", "in"];
pub const NUMBERS: [&str; 4] = ["count", "ratio", "div", "x:y.z"];

/// One expression in both encodings.
pub struct Pair {
    pub text: String,
    pub json: String,
}

fn pair(text: impl Into<String>, json: impl Into<String>) -> Pair {
    Pair { text: text.into(), json: json.into() }
}

fn operation(op: &str, args: &[&Pair]) -> String {
    let args: Vec<&str> = args.iter().map(|p| p.json.as_str()).collect();
    format!("{{\"op\":\"{op}\",\"args\":[{}]}}", args.join(","))
}

/// Draws productions by a linear congruential generator.
pub struct Derivation(pub u64);

impl Derivation {
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.draw(of.len())]
    }

    /// `whitespace`
    fn blank(&mut self) -> &'static str {
        self.pick(&[" ", "\t", "\n", "\r\n", "\u{B}", "\u{85}", "\u{A0}", "\u{2003}", "\u{3000}", "  "])
    }

    /// A keyword in any case.
    fn word(&mut self, word: &str) -> String {
        match self.draw(3) {
            0 => word.to_lowercase(),
            1 => word.to_uppercase(),
            _ => word.to_owned(),
        }
    }

    /// `name(a,b)`
    fn call(&mut self, name: &str, args: &[&Pair]) -> Pair {
        let texts: Vec<String> = args.iter().map(|a| format!("{}{}", self.pick(&["", " "]), a.text)).collect();
        pair(format!("{}({})", self.word(name), texts.join(",")), operation(&name.to_lowercase(), args))
    }

    /// `booleanExpression`, `booleanTerm`, `booleanFactor`
    pub fn boolean_expression(&mut self, depth: usize) -> Pair {
        if depth == 0 {
            return self.predicate(1);
        }
        match self.draw(5) {
            op @ (0 | 1) => {
                let name = ["or", "and"][op];
                let parts: Vec<Pair> = (0..2 + self.draw(2)).map(|_| self.boolean_primary(depth - 1)).collect();
                let between = format!("{}{}{}", self.blank(), self.word(name), self.blank());
                let texts: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
                pair(texts.join(&between), operation(name, &parts.iter().collect::<Vec<_>>()))
            }
            2 => {
                let inner = self.boolean_primary(depth - 1);
                pair(format!("{}{}{}", self.word("not"), self.blank(), inner.text), operation("not", &[&inner]))
            }
            _ => self.predicate(depth),
        }
    }

    /// `booleanPrimary`
    fn boolean_primary(&mut self, depth: usize) -> Pair {
        match self.draw(4) {
            0 => self.boolean_literal(),
            1 => self.predicate(depth),
            _ => {
                let inner = self.boolean_expression(depth);
                pair(format!("({})", inner.text), inner.json)
            }
        }
    }

    fn boolean_literal(&mut self) -> Pair {
        let value = self.pick(&["true", "false"]);
        pair(self.word(value), value)
    }

    fn predicate(&mut self, depth: usize) -> Pair {
        match self.draw(9) {
            0 | 1 => self.binary_comparison(depth),
            2 => self.is_like(),
            3 => self.is_between(depth),
            4 => self.is_in_list(depth),
            5 => self.is_null(depth),
            6 => {
                let (a, b) = (self.geom_expression(), self.geom_expression());
                let name = self.pick(&SPACE);
                self.call(name, &[&a, &b])
            }
            7 => {
                let (a, b) = (self.temporal_expression(), self.temporal_expression());
                let name = self.pick(&TIME);
                self.call(name, &[&a, &b])
            }
            _ => {
                let (a, b) = (self.array_operand(), self.array_operand());
                let name = self.pick(&SETS);
                self.call(name, &[&a, &b])
            }
        }
    }

    fn binary_comparison(&mut self, depth: usize) -> Pair {
        let (a, b) = match self.draw(4) {
            0 => (self.character_expression(depth), self.character_expression(depth)),
            1 => (self.numeric_expression(depth), self.numeric_expression(depth)),
            2 => (self.instant(), self.instant()),
            _ => (self.property("flag"), self.boolean_literal()),
        };
        let op = self.pick(&["=", "<>", "<", ">", "<=", ">="]);
        let spaced = if self.draw(4) == 0 { op.split("").collect::<Vec<_>>().join(" ") } else { op.to_owned() };
        pair(format!("{} {spaced} {}", a.text, b.text), operation(op, &[&a, &b]))
    }

    /// `value [NOT] word rest`
    fn negatable(&mut self, value: &Pair, rest: &str, json: String) -> Pair {
        if self.draw(2) == 0 {
            return pair(format!("{} {rest}", value.text), json);
        }
        let not = self.word("not");
        let text = format!("{} {not} {rest}", value.text);
        let plain = pair("", json);
        pair(text, operation("not", &[&plain]))
    }

    fn is_like(&mut self) -> Pair {
        let value = self.character_expression(2);
        let mut pattern = self.character_literal();
        for _ in 0..self.draw(3) {
            let fold = self.pick(&["CASEI", "ACCENTI"]);
            pattern = self.call(fold, &[&pattern]);
        }
        let rest = format!("{} {}", self.word("like"), pattern.text);
        let json = operation("like", &[&value, &pattern]);
        self.negatable(&value, &rest, json)
    }

    fn is_between(&mut self, depth: usize) -> Pair {
        let [value, low, high] = [0; 3].map(|_| self.numeric_expression(depth));
        let rest = format!("{} {} {} {}", self.word("between"), low.text, self.word("and"), high.text);
        let json = operation("between", &[&value, &low, &high]);
        self.negatable(&value, &rest, json)
    }

    fn is_in_list(&mut self, depth: usize) -> Pair {
        let is_text = self.draw(2) == 0;
        let scalar = |d: &mut Self| if is_text { d.character_expression(depth) } else { d.numeric_expression(depth) };
        let value = scalar(self);
        let items: Vec<Pair> = (0..=self.draw(3)).map(|_| scalar(self)).collect();
        let list = list_of(&items);
        let rest = format!("{} {}", self.word("in"), list.text);
        let json = operation("in", &[&value, &list]);
        self.negatable(&value, &rest, json)
    }

    fn is_null(&mut self, depth: usize) -> Pair {
        let operand = match self.draw(7) {
            0 => self.character_expression(depth),
            1 => self.numeric_literal(),
            2 => self.temporal_expression(),
            3 => self.geom_expression(),
            4 => self.arithmetic(depth),
            5 => {
                let inner = self.boolean_expression(depth.saturating_sub(1));
                pair(format!("({})", inner.text), inner.json)
            }
            _ => {
                let name = self.pick(&["flag", "tags", "geometry", "day"]);
                self.property(name)
            }
        };
        let negated = self.draw(2) == 0;
        let words = if negated { "is not null" } else { "IS NULL" };
        let plain = pair(format!("{}{}{words}", operand.text, self.blank()), operation("isNull", &[&operand]));
        if negated { pair(plain.text.clone(), operation("not", &[&plain])) } else { plain }
    }

    /// `propertyName`, quoted or not.
    fn property(&mut self, name: &str) -> Pair {
        let text = if self.draw(3) == 0 { format!("\"{name}\"") } else { name.to_owned() };
        pair(text, json!({"property": name}).to_string())
    }

    fn character_expression(&mut self, depth: usize) -> Pair {
        match self.draw(3) {
            0 if depth > 0 => {
                let inner = self.character_expression(depth - 1);
                let fold = self.pick(&["CASEI", "ACCENTI"]);
                self.call(fold, &[&inner])
            }
            1 => self.character_literal(),
            _ => {
                let name = self.pick(&TEXTS);
                self.property(name)
            }
        }
    }

    /// `characterLiteral`, with both escapes and characters of every range.
    fn character_literal(&mut self) -> Pair {
        let (mut text, mut value) = (String::new(), String::new());
        for _ in 0..self.draw(6) {
            match self.draw(12) {
                0 => {
                    text.push_str("''");
                    value.push('\'');
                }
                1 => {
                    text.push_str("\\'");
                    value.push('\'');
                }
                2 => {
                    text.push_str("\\n");
                    value.push_str("\\n");
                }
                3 => {
                    let blank = self.blank();
                    text.push_str(blank);
                    value.push_str(blank);
                }
                _ => {
                    let c = self.pick(&[
                        'a',
                        'Z',
                        '0',
                        '%',
                        '_',
                        '"',
                        '-',
                        'é',
                        'ß',
                        '名',
                        '\u{301}',
                        '\u{E000}',
                        '\u{1F600}',
                        '\u{7}',
                    ]);
                    text.push(c);
                    value.push(c);
                }
            }
        }
        pair(format!("'{text}'"), json!(value).to_string())
    }

    /// `numericLiteral`: signed or not, decimal or scientific.
    fn numeric_literal(&mut self) -> Pair {
        let (text, json) = self.pick(&[
            ("0", "0"),
            ("12", "12"),
            ("12.", "12"),
            ("12.0", "12.0"),
            (".5", "0.5"),
            ("007", "7"),
            ("1E-7", "1e-7"),
            ("1e+3", "1e+3"),
            (".25E2", "0.25E2"),
            ("9007199254740993", "9007199254740993"),
            ("9007199254740992.5", "9007199254740992.5"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ]);
        match self.draw(4) {
            0 => pair(format!("-{text}"), format!("-{json}")),
            1 => pair(format!("+{text}"), json),
            _ => pair(text, json),
        }
    }

    fn numeric_expression(&mut self, depth: usize) -> Pair {
        match self.draw(3) {
            0 if depth > 0 => self.arithmetic(depth - 1),
            1 => self.numeric_literal(),
            _ => self.numeric_property(),
        }
    }

    fn numeric_property(&mut self) -> Pair {
        match self.draw(6) {
            0 => {
                let day = self.property("day");
                self.call("year", &[&day])
            }
            1 => {
                let tags = self.property("tags");
                self.call("count", &[&tags])
            }
            _ => {
                let name = self.pick(&NUMBERS);
                self.property(name)
            }
        }
    }

    /// `arithmeticExpression`, with a property in it: what has none is computed once, and may divide by zero.
    fn arithmetic(&mut self, depth: usize) -> Pair {
        let left = if depth > 0 && self.draw(2) == 0 {
            let inner = self.arithmetic(depth - 1);
            pair(format!("({})", inner.text), inner.json)
        } else {
            self.numeric_property()
        };
        let left = if self.draw(5) == 0 {
            let minus = pair("", "-1");
            pair(format!("- {}", left.text), operation("*", &[&minus, &left]))
        } else {
            left
        };
        let right = if self.draw(2) == 0 { self.numeric_literal() } else { self.numeric_property() };
        let op = self.pick(&["+", "-", "*", "/", "%", "div", "^"]);
        let first = pair(format!("{} {} {}", left.text, self.word(op), right.text), operation(op, &[&left, &right]));
        // Without brackets, precedence decides.
        if self.draw(3) > 0 {
            return first;
        }
        let (third, later) = (self.numeric_property(), self.pick(&["+", "*"]));
        let text = format!("{} {later} {}", first.text, third.text);
        let rank = |op: &str| match op {
            "+" | "-" => 0,
            "^" => 2,
            _ => 1,
        };
        if rank(op) >= rank(later) {
            pair(text, operation(later, &[&first, &third]))
        } else {
            let inner = pair("", operation(later, &[&right, &third]));
            pair(text, operation(op, &[&left, &inner]))
        }
    }

    fn geom_expression(&mut self) -> Pair {
        if self.draw(2) == 0 { self.property("geometry") } else { self.spatial_instance() }
    }

    fn spatial_instance(&mut self) -> Pair {
        let name = |d: &mut Self, kind: &str| {
            let dimension = d.pick(&["", " Z", "Z"]);
            (format!("{}{dimension}{}", d.word(kind), d.pick(&["", " "])), !dimension.is_empty())
        };
        if self.draw(6) == 0 {
            let text = self.pick(&["BBOX(0.5,.5,2E0,1.5)", "bbox(0.5,.5,-9,+2.0,1.5,9)"]);
            let json = if text.contains("-9") { "[0.5,0.5,-9,2.0,1.5,9]" } else { "[0.5,0.5,2E0,1.5]" };
            return pair(text, format!("{{\"bbox\":{json}}}"));
        }
        let kind = self.draw(7);
        let (tag, has_z) = name(self, GEOMETRIES[kind].0);
        let z = if has_z { (" 1.5", ",1.5") } else { ("", "") };
        let fill = |template: &str, z: &str| template.replace('~', z);
        let (_, text, geojson, json) = GEOMETRIES[kind];
        let member = if kind == 6 { "geometries" } else { "coordinates" };
        pair(
            format!("{tag}{}", fill(text, z.0)),
            format!("{{\"type\":\"{geojson}\",\"{member}\":{}}}", fill(json, z.1)),
        )
    }

    fn instant(&mut self) -> Pair {
        match self.draw(3) {
            0 => {
                let day = self.pick(&["2026-03-01", "2024-02-29", "1969-12-31"]);
                pair(format!("{}('{day}')", self.word("DATE")), json!({"date": day}).to_string())
            }
            1 => {
                let at = self.pick(&["2026-03-01T08:30:00Z", "2026-03-01T08:30:00.25Z", "0001-01-01T00:00:00Z"]);
                pair(format!("{}('{at}')", self.word("TIMESTAMP")), json!({"timestamp": at}).to_string())
            }
            _ => {
                let name = self.pick(&["day", "stamp"]);
                self.property(name)
            }
        }
    }

    /// `temporalExpression`
    fn temporal_expression(&mut self) -> Pair {
        if self.draw(2) == 0 {
            return self.instant();
        }
        let quoted = |t: &str| pair(format!("'{t}'"), json!(t).to_string());
        let start = match self.draw(3) {
            0 => quoted(".."),
            1 => quoted(self.pick(&["2020-01-01", "2026-03-01T08:00:00Z"])),
            _ => self.property("day"),
        };
        let end = match self.draw(3) {
            0 => quoted(".."),
            1 => quoted(self.pick(&["2027-01-01", "2026-12-31T08:00:00Z"])),
            _ => self.property("stamp"),
        };
        let text = format!("{}({}{},{})", self.word("INTERVAL"), start.text, self.blank(), end.text);
        pair(text, format!("{{\"interval\":[{},{}]}}", start.json, end.json))
    }

    /// `arrayOperand`
    fn array_operand(&mut self) -> Pair {
        if self.draw(3) == 0 {
            return self.property("tags");
        }
        let items: Vec<Pair> = (0..self.draw(4)).map(|_| self.array_element()).collect();
        list_of(&items)
    }

    /// `arrayElement`; a list within has several elements, since brackets round one are a group.
    fn array_element(&mut self) -> Pair {
        match self.draw(8) {
            0 => self.numeric_literal(),
            1 => self.boolean_literal(),
            2 => self.instant(),
            3 => self.numeric_expression(1),
            4 => self.character_expression(1),
            5 => {
                let name = self.pick(&["flag", "tags"]);
                self.property(name)
            }
            6 => list_of(&[self.character_literal(), self.numeric_literal()]),
            _ => self.character_literal(),
        }
    }
}

/// Name, text, GeoJSON type, coordinates; `~` is where a height may stand.
const GEOMETRIES: [(&str, &str, &str, &str); 7] = [
    ("POINT", "(1e-05 51.5~)", "Point", "[1e-05,51.5~]"),
    ("LINESTRING", "(0 0~,.5 1~ , +1.0E0 1~)", "LineString", "[[0,0~],[0.5,1~],[1,1~]]"),
    (
        "POLYGON",
        "((0 0~,4 0~,4 4~,0 0~),(2 1~,3 1~,3 2~,2 1~))",
        "Polygon",
        "[[[0,0~],[4,0~],[4,4~],[0,0~]],[[2,1~],[3,1~],[3,2~],[2,1~]]]",
    ),
    ("MULTIPOINT", "((1 1~), (-2. 2~))", "MultiPoint", "[[1,1~],[-2,2~]]"),
    ("MULTILINESTRING", "((0 0~,1 1~),(2 2~,3 3~))", "MultiLineString", "[[[0,0~],[1,1~]],[[2,2~],[3,3~]]]"),
    ("MULTIPOLYGON", "(((0 0~,4 0~,4 4~,0 0~)))", "MultiPolygon", "[[[[0,0~],[4,0~],[4,4~],[0,0~]]]]"),
    (
        "GEOMETRYCOLLECTION",
        "(POINT(1 1~),LINESTRING(0 0~,1 1~))",
        "GeometryCollection",
        "[{\"type\":\"Point\",\"coordinates\":[1,1~]},{\"type\":\"LineString\",\"coordinates\":[[0,0~],[1,1~]]}]",
    ),
];

fn list_of(items: &[Pair]) -> Pair {
    let join = |part: fn(&Pair) -> &str| items.iter().map(part).collect::<Vec<_>>().join(",");
    pair(format!("({})", join(|p| &p.text)), format!("[{}]", join(|p| &p.json)))
}
