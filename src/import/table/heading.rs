//! Where a table begins within a sheet: its rows of headings, and what its columns are called. Titles above it are
//! passed over; a second row names groups of columns, which are used only where names would be the same.

use super::cell::{TableCell, TableRow};
use super::cell_words::{is_unit, says_nothing};

/// Cells that are one on the sheet: rows and columns from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergedCells {
    pub rows: (u64, u64),
    pub columns: (usize, usize),
}

/// The rows of headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableHeading {
    /// Numbers of the rows, the lowest last; empty when the caller says that there are none.
    pub rows: Vec<u64>,
    /// The number of the last row that is not data: the lowest heading, or units below it.
    pub last: u64,
    /// One name a column; empty for a column without one.
    pub names: Vec<String>,
    pub merged_cells: usize,
    /// The names of each row of headings, the uppermost first.
    pub levels: Vec<Vec<String>>,
}

impl TableHeading {
    /// The texts above a column, the uppermost first.
    pub fn levels_of(&self, column: usize) -> Vec<String> {
        self.levels.iter().map(|level| level.get(column).cloned().unwrap_or_default()).collect()
    }
}

/// Which rows the caller says are headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderRows {
    /// So many, from the first row with two cells.
    Count(u64),
    /// From this row of the sheet to that one.
    Range(u64, u64),
}

impl HeaderRows {
    /// `2`, or `3-4`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (1 <= first && first <= last && last - first < 5).then_some(Self::Range(first, last))
            }
            None => text.trim().parse().ok().filter(|n| *n <= 5).map(Self::Count),
        }
    }
}

impl std::fmt::Display for HeaderRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Range(first, last) => write!(f, "{first}-{last}"),
        }
    }
}

/// Finds the headings among the first rows of a table. `None` when all rows are blank.
pub fn find_heading(rows: &[TableRow], merges: &[MergedCells], asked: Option<HeaderRows>) -> Option<TableHeading> {
    let search = HeadingSearch { rows, merges, width: typical_width(rows) };
    let first = rows.iter().position(|row| !row.is_blank())?;
    let (top, leaf) = match asked {
        Some(HeaderRows::Count(0)) => return Some(search.without_heading(first)),
        Some(HeaderRows::Count(count)) => {
            let top = rows.iter().position(|row| row.filled().count() > 1).unwrap_or(first);
            (top, (top + count as usize - 1).min(rows.len() - 1))
        }
        Some(HeaderRows::Range(from, to)) => {
            let top = rows.iter().position(|row| row.number >= from)?;
            (top, rows.iter().rposition(|row| row.number <= to)?.max(top))
        }
        None => {
            let leaf = search.find_leaf(first);
            (search.find_top(leaf), search.extend_leaf(leaf))
        }
    };
    let last = if asked.is_none() { search.skip_units(leaf) } else { leaf };
    Some(search.build(top, leaf, last))
}

/// How many cells most of the fuller rows have.
fn typical_width(rows: &[TableRow]) -> usize {
    rows.iter().map(|row| row.filled().count()).max().unwrap_or_default()
}

struct HeadingSearch<'a> {
    rows: &'a [TableRow],
    merges: &'a [MergedCells],
    width: usize,
}

impl HeadingSearch<'_> {
    /// The first row that is wide enough; what is above it are titles, and names of groups.
    fn find_leaf(&self, first: usize) -> usize {
        let wide = (self.width * 3).div_ceil(5).max(2).min(self.width);
        let mut candidates = self.rows.iter().enumerate().skip(first).take(30);
        candidates.find(|(_, row)| row.filled().count() >= wide).map_or(first, |(at, _)| at)
    }

    /// The first row above this one that names groups of columns.
    fn find_top(&self, leaf: usize) -> usize {
        let mut top = leaf;
        while top > 0 && leaf - top < 2 {
            let above = &self.rows[top - 1];
            let cells = above.filled().count();
            let spans_all = cells == 1;
            if cells == 0 || spans_all || !above.filled().all(|(_, cell)| is_name(cell)) || !self.is_group_row(top - 1)
            {
                break;
            }
            top -= 1;
        }
        top
    }

    /// Names of groups are fewer than columns, or merged.
    fn is_group_row(&self, at: usize) -> bool {
        let row = &self.rows[at];
        let is_merged = self.merges.iter().any(|m| m.rows.0 + 1 == row.number && m.columns.0 < m.columns.1);
        is_merged || row.filled().count() * 10 <= self.width * 9
    }

    /// The lowest row of the headings that begin here: a row below fills what this one left open, and names only.
    fn extend_leaf(&self, leaf: usize) -> usize {
        let mut lowest = leaf;
        while lowest + 1 < self.rows.len().saturating_sub(1) && lowest - leaf < 2 {
            let (row, below) = (&self.rows[lowest], &self.rows[lowest + 1]);
            let reaches_down = self.merges.iter().any(|m| {
                m.rows.0 < below.number - 1 && m.rows.0 + 1 >= self.rows[leaf].number && m.rows.1 + 1 >= below.number
            });
            let fills = |at: usize| row.cells.get(at).is_none_or(TableCell::is_blank);
            let is_under_group = |at: usize| {
                fills(at)
                    || self.merges.iter().any(|m| {
                        m.rows.0 + 1 == row.number
                            && m.columns.0 <= at
                            && at <= m.columns.1
                            && m.columns.0 < m.columns.1
                    })
                    || row.cells.get(at + 1).is_some_and(TableCell::is_blank)
            };
            let names = below.filled().all(|(at, cell)| is_name(cell) && is_under_group(at));
            let opens = below.filled().any(|(at, _)| fills(at));
            let blank_first = below.cells.first().is_none_or(TableCell::is_blank);
            if below.is_blank() || !names || !(reaches_down || (opens && blank_first)) {
                break;
            }
            lowest += 1;
        }
        lowest
    }

    /// Units, and numbers of columns, stand below the headings.
    fn skip_units(&self, leaf: usize) -> usize {
        let Some(row) = self.rows.get(leaf + 1) else { return leaf };
        let units = row.filled().count() > 0
            && row.filled().all(|(_, cell)| cell.as_text().is_some_and(is_unit))
            && leaf + 2 < self.rows.len();
        let counts = row.filled().count() > 2
            && row.filled().count() * 2 > self.width
            && row.filled().enumerate().all(|(n, (_, cell))| *cell.to_text() == (n + 1).to_string())
            && leaf + 2 < self.rows.len();
        if units || counts { leaf + 1 } else { leaf }
    }

    fn without_heading(&self, first: usize) -> TableHeading {
        let columns = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
        let names = (0..columns).map(|at| format!("column {}", super::cell::column_letters(at))).collect();
        TableHeading {
            rows: vec![],
            last: self.rows[first].number.saturating_sub(1),
            names,
            merged_cells: 0,
            levels: vec![],
        }
    }

    fn build(&self, top: usize, leaf: usize, last: usize) -> TableHeading {
        let columns = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
        let levels: Vec<Vec<String>> = (top..=leaf).map(|at| self.level_names(at, leaf, columns)).collect();
        let (first, end) = (self.rows[top].number, self.rows[leaf].number);
        let merged_cells = self.merges.iter().filter(|m| m.rows.0 + 1 >= first && m.rows.1 < end).count();
        TableHeading {
            rows: (top..=leaf).map(|at| self.rows[at].number).collect(),
            last: self.rows[last].number,
            names: join_levels(&levels, columns),
            merged_cells,
            levels,
        }
    }

    /// The names of one row of headings; what is merged, or open to the right above the lowest row, is filled.
    fn level_names(&self, at: usize, leaf: usize, columns: usize) -> Vec<String> {
        let row = &self.rows[at];
        let mut names: Vec<String> = (0..columns).map(|c| row.cells.get(c).map_or_else(String::new, name_of)).collect();
        let is_filled_by_merge =
            |c: usize| self.merges.iter().find(|m| m.rows.0 + 1 == row.number && m.columns.0 <= c && c <= m.columns.1);
        let has_merges = self.merges.iter().any(|m| m.rows.0 + 1 == row.number && m.columns.0 < m.columns.1);
        let mut group = String::new();
        for c in 0..columns {
            if !names[c].is_empty() {
                group.clone_from(&names[c]);
            } else if at < leaf {
                match is_filled_by_merge(c) {
                    Some(m) => {
                        let merged = names[m.columns.0].clone();
                        names[c] = merged;
                    }
                    None if !has_merges => names[c].clone_from(&group),
                    None => {}
                }
            }
        }
        names
    }
}

/// Whether a cell can be a heading: text that is no number, or a year.
fn is_name(cell: &TableCell) -> bool {
    match cell {
        TableCell::Text(text) => {
            let text = text.trim();
            let has_letter = text.chars().any(char::is_alphabetic);
            let is_sign = matches!(text, "€" | "%" | "#" | "№") || text.starts_with('#');
            let is_year = text.len() == 4 && text.starts_with(['1', '2']) && text.bytes().all(|b| b.is_ascii_digit());
            text.len() <= 200 && (has_letter || is_sign || is_year) && !says_nothing(text)
        }
        TableCell::Number(n) => n.fract() == 0.0 && (1900.0..=2150.0).contains(n),
        _ => false,
    }
}

fn name_of(cell: &TableCell) -> String {
    cell.to_text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lowest name of each column; where two columns have the same, the names above it in front.
fn join_levels(levels: &[Vec<String>], columns: usize) -> Vec<String> {
    let lowest = |c: usize, from: usize| {
        let mut parts: Vec<&str> = vec![];
        for level in levels.iter().skip(from) {
            let name = level[c].as_str();
            if !name.is_empty() && parts.last() != Some(&name) {
                parts.push(name);
            }
        }
        parts.join(" / ")
    };
    let mut names: Vec<String> = vec![];
    for c in 0..columns {
        let mut own = String::new();
        // The lowest level at which the column has a name.
        for from in (0..levels.len()).rev() {
            own = lowest(c, from);
            if !own.is_empty() {
                break;
            }
        }
        names.push(own);
    }
    for from in (0..levels.len()).rev() {
        let twins: Vec<usize> = (0..columns)
            .filter(|c| !names[*c].is_empty() && names.iter().filter(|n| **n == names[*c]).count() > 1)
            .collect();
        for c in twins {
            names[c] = lowest(c, from);
        }
    }
    number_twins(names)
}

/// Names that are still the same get numbers: `Znesek`, `Znesek 2`.
fn number_twins(mut names: Vec<String>) -> Vec<String> {
    for at in 0..names.len() {
        let own = names[at].clone();
        let mut number = 2;
        while !own.is_empty() && names[..at].contains(&names[at]) {
            names[at] = format!("{own} {number}");
            number += 1;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<TableRow> {
        let cell = |text: &str| match text.parse::<f64>() {
            Ok(number) => TableCell::Number(number),
            Err(_) => TableCell::from_text(text),
        };
        let row = |(at, line): (usize, &&str)| TableRow {
            number: at as u64 + 1,
            cells: line.split('|').map(cell).collect(),
            is_hidden: false,
        };
        lines.iter().enumerate().map(row).collect()
    }

    fn found(lines: &[&str], merges: &[MergedCells]) -> (Vec<u64>, u64, String) {
        let heading = find_heading(&rows(lines), merges, None).unwrap();
        (heading.rows, heading.last, heading.names.join("|"))
    }

    #[test]
    fn headings_are_found_below_titles_and_groups() {
        assert_eq!(found(&["id|name|n", "1|a|2"], &[]), (vec![1], 1, "id|name|n".into()));
        assert_eq!(found(&["Akcijski načrt||", "||", "id|name|n", "1|a|2"], &[]), (vec![3], 3, "id|name|n".into()));
        assert_eq!(
            found(&["Akcija||Finance|", "Št.|Naziv|Vrednost|EU", "CE-01|Trg|5|1"], &[]),
            (vec![1, 2], 2, "Št.|Naziv|Vrednost|EU".into())
        );
        assert_eq!(
            found(&["Št.|Naziv|2026||2027|", "||Plan|Real|Plan|Real", "CE-01|Trg|5|1|6|2", "CE-02|Park|5|1|6|2"], &[]),
            (vec![1, 2], 2, "Št.|Naziv|2026 / Plan|2026 / Real|2027 / Plan|2027 / Real".into())
        );
        assert_eq!(
            found(&["Naziv|Vrednost|Delež", "|EUR|%", "Trg|5|1", "Park|6|2"], &[]),
            (vec![1], 2, "Naziv|Vrednost|Delež".into())
        );
        assert_eq!(found(&["a|b|c|d", "1|2|3|4", "x|y|7|8", "x|y|7|8"], &[]), (vec![1], 2, "a|b|c|d".into()));
        assert_eq!(found(&["a|a|", "1|2|3"], &[]), (vec![1], 1, "a|a 2|".into()));
    }

    #[test]
    fn merged_headings_reach_over_their_columns_and_rows() {
        let merges = [MergedCells { rows: (0, 1), columns: (0, 0) }, MergedCells { rows: (0, 0), columns: (1, 2) }];
        assert_eq!(
            found(&["Št.|Finance|", "|Vrednost|EU", "CE-01|5|1"], &merges),
            (vec![1, 2], 2, "Št.|Vrednost|EU".into())
        );
    }

    #[test]
    fn the_caller_says_which_rows_are_headings() {
        let table = rows(&["x||", "a|b|c", "1|2|3"]);
        let names = |asked| find_heading(&table, &[], HeaderRows::parse(asked)).map(|h| (h.last, h.names.join("|")));
        assert_eq!(names("1"), Some((2, "a|b|c".into())));
        assert_eq!(names("2-2"), Some((2, "a|b|c".into())));
        assert_eq!(names("0"), Some((0, "column A|column B|column C".into())));
        assert_eq!(HeaderRows::parse("x"), None);
    }
}
