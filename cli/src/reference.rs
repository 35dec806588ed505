//! The reference page: every command with its options, from their definitions.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use crate::args::Args;
use crate::output::Screen;
use crate::problem::Problem;

/// Prints the page as Markdown.
pub(crate) fn print(screen: &mut Screen<'_>) -> Result<(), Problem> {
    screen.text(&page(&Args::command()))
}

fn page(command: &Command) -> String {
    let mut page =
        "<!-- Generated from cli/src/args.rs by `cargo xtask generate`; do not edit. -->\n\n\
                    # kubectl authbackend\n\n"
            .to_owned();
    let _ = writeln!(
        page,
        "{}. How to install it, and examples: [cli.md](../cli.md).",
        about(command)
    );
    page.push_str("\nOptions of every command:\n\n");
    table(&mut page, command);
    for command in command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        let name = command.get_name();
        let names: String = command
            .get_positionals()
            .map(|argument| {
                let id = argument.get_id().as_str().to_uppercase();
                if argument.is_required_set() {
                    format!(" {id}")
                } else {
                    format!(" [{id}]")
                }
            })
            .collect();
        let _ = write!(page, "\n## `{name}{names}`\n\n{}.\n\n", about(command));
        table(&mut page, command);
    }
    page
}

fn table(page: &mut String, command: &Command) {
    page.push_str("| option | meaning |\n|---|---|\n");
    for argument in command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
    {
        let _ = writeln!(page, "| {} | {} |", names(argument), meaning(argument));
    }
}

fn names(argument: &Arg) -> String {
    if argument.is_positional() {
        return format!("`{}`", argument.get_id().as_str().to_uppercase());
    }
    let value = if argument.get_action().takes_values() {
        let names = argument.get_value_names().unwrap_or_default();
        let id = || argument.get_id().as_str().to_uppercase();
        format!(" {}", names.first().map_or_else(id, ToString::to_string))
    } else {
        String::new()
    };
    let short = argument
        .get_short()
        .map(|short| format!("`-{short}{value}`"));
    let long = argument.get_long().map(|long| format!("`--{long}{value}`"));
    short.into_iter().chain(long).collect::<Vec<_>>().join(", ")
}

fn meaning(argument: &Arg) -> String {
    let mut meaning = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if argument.get_action().takes_values() && !values.is_empty() {
        let _ = write!(meaning, ": {}", values.join(", "));
    }
    if let Some(default) = argument
        .get_default_values()
        .first()
        .filter(|_| argument.get_action().takes_values())
    {
        let _ = write!(meaning, ". Default: `{}`", default.to_string_lossy());
    }
    meaning.replace('|', "\\|")
}

fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_shown_has_a_section() {
        let page = page(&Args::command());
        for command in Args::command().get_subcommands() {
            let heading = format!("\n## `{}", command.get_name());
            assert_eq!(page.contains(&heading), !command.is_hide_set(), "{heading}");
        }
    }
}
