//! Columns.

use super::{Screen, Tone};

/// Spaces between two columns, as kubectl has them.
const GAP: usize = 3;

/// A table whose columns are as wide as what they hold.
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// A text of the cluster without what a terminal would obey: it may come from whatever ran in a pod.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A text and its tone.
pub(crate) struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        // A cell is one line.
        let text = printable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        Self { text, tone: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<(Tone, String)> for Cell {
    fn from((tone, text): (Tone, String)) -> Self {
        Self {
            tone: Some(tone),
            ..Self::from(text)
        }
    }
}

impl Table {
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each after `indent`.
    pub(crate) fn lines(&self, screen: &Screen<'_>, indent: &str) -> Vec<String> {
        let head: Vec<Cell> = self.head.iter().map(|&text| text.into()).collect();
        let rows = || std::iter::once(&head).chain(&self.rows);
        let width = |column: usize| {
            let cells = rows().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.text.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |row: &Vec<Cell>| {
            let mut line = indent.to_owned();
            for (cell, width) in row.iter().zip(&widths) {
                let padding = width + GAP - cell.text.chars().count();
                match cell.tone {
                    Some(tone) => line.push_str(&screen.paint(tone, &cell.text)),
                    None => line.push_str(&cell.text),
                }
                line.push_str(&" ".repeat(padding));
            }
            line.trim_end().to_owned()
        };
        rows().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_longest_cell() {
        let mut table = Table::new(&["A", "LONG"]);
        table.row(vec!["äää".into(), "x".into()]);
        table.row(vec!["".into(), "two\nlines".into()]);
        let lines = table.lines(&Screen::plain(Vec::new()), "  ");
        assert_eq!(lines, ["  A     LONG", "  äää   x", "        two lines"]);
    }

    #[test]
    fn what_a_pod_says_does_not_steer_the_terminal() {
        let mut table = Table::new(&["A"]);
        table.row(vec!["\x1b[2Jgone\x07".into()]);
        assert_eq!(table.lines(&Screen::plain(Vec::new()), "")[1], "[2Jgone");
    }

    #[test]
    fn colours_do_not_count_as_width() {
        let mut out = Vec::new();
        let screen = Screen::at("2026-01-01T00:00:00Z", true, &mut out);
        let mut table = Table::new(&["A", "B"]);
        table.row(vec![(Tone::Good, "yes".to_owned()).into(), "b".into()]);
        assert_eq!(
            table.lines(&screen, ""),
            ["A     B", "\x1b[32myes\x1b[0m   b"]
        );
    }
}
