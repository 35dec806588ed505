//! A table of figures: printed, and kept as Markdown and JSON.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

/// A figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The value with its unit.
    pub figure: String,
    /// What it stands beside: a peer, a limit or a goal.
    pub beside: String,
}

/// The figures of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was measured, on which machine, with which versions.
    pub setting: Vec<String>,
    /// The figures.
    pub rows: Vec<Row>,
}

impl Report {
    /// A report on servers that share the machine with what loads them and with Postgres, to be saved in `out`; `how` says
    /// how it was measured.
    pub fn of_servers(out: &Path, how: String) -> Result<Self> {
        fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
        let machine = machine();
        let place = format!("Machine: {machine}, with load generator and Postgres on it");
        Ok(Self {
            setting: vec![place, how],
            rows: Vec::new(),
        })
    }

    /// Adds a figure.
    pub fn add(&mut self, what: &str, figure: impl Into<String>, beside: impl Into<String>) {
        let row = Row {
            what: what.to_owned(),
            figure: figure.into(),
            beside: beside.into(),
        };
        println!("{:<46} {:<26} {}", row.what, row.figure, row.beside);
        self.rows.push(row);
    }

    /// Writes `<name>.md` and `<name>.json` into `folder`.
    pub fn save(&self, folder: &Path, name: &str) -> Result<()> {
        let save = |extension: &str, text: String| {
            let path = folder.join(format!("{name}.{extension}"));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        save("json", serde_json::to_string_pretty(self)? + "\n")?;
        save("md", self.markdown())
    }

    fn markdown(&self) -> String {
        let mut text = self.setting.join("  \n");
        text.push_str("\n\n| what | figure | beside |\n|---|---|---|\n");
        for Row {
            what,
            figure,
            beside,
        } in &self.rows
        {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {what} | {figure} | {beside} |");
        }
        text
    }
}

/// Number and model of the processors, memory, kernel, and whether that schedules each session as one (sched(7)), which
/// makes priorities count less than they do in containers.
pub fn machine() -> String {
    let first = |path: &str, field: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(field)?.trim_start().strip_prefix(':'));
        value.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
    };
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = first("/proc/meminfo", "MemTotal");
    let kernel = |what| {
        let text = fs::read_to_string(Path::new("/proc/sys/kernel").join(what));
        text.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    };
    let autogroups = match kernel("sched_autogroup_enabled").as_str() {
        "1" => "on",
        _ => "off",
    };
    format!(
        "{processors} × {}, memory {memory}, Linux {}, autogroups {autogroups}",
        first("/proc/cpuinfo", "model name"),
        kernel("osrelease"),
    )
}

/// Kibibytes.
pub fn kibibytes(bytes: u64) -> String {
    format!("{} KiB", bytes >> 10)
}

/// Mebibytes with one decimal.
#[expect(
    clippy::cast_precision_loss,
    reason = "bytes of memory are far below 2^52"
)]
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_figure() {
        let mut report = Report {
            setting: vec!["machine".to_owned()],
            rows: Vec::new(),
        };
        report.add("rate", "10/s", "20/s");
        assert_eq!(
            report.markdown(),
            "machine\n\n| what | figure | beside |\n|---|---|---|\n| rate | 10/s | 20/s |\n"
        );
    }
}
