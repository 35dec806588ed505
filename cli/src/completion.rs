//! Completion: of `kubectl authbackend …` by kubectl, and of `kubectl-authbackend …` by shells.
//!
//! kubectl completes a plugin by running `kubectl_complete-<plugin>` with the words up to the cursor. That program, a line of
//! shell, hands them to the hidden command `__complete`. Its answer is the protocol of kubectl's own completion (cobra):
//! a candidate per line, with its description after a tab, and at the end a colon and what the shell should do.

use authbackend_crds::v1alpha1::AuthBackend;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;
use kube::ResourceExt as _;

use crate::args::{Args, Completer, Scope};
use crate::cluster::Cluster;
use crate::output::Screen;
use crate::problem::Problem;

/// The program that kubectl runs; to be put into the PATH.
const KUBECTL_COMPLETE: &str = "\
#!/bin/sh
# Completes `kubectl authbackend`. Put this into your PATH as kubectl_complete-authbackend, executable.
exec kubectl-authbackend __complete -- \"$@\"
";

/// Cobra's directive: no file names.
const NO_FILES: &str = ":4";
/// Cobra's directive: the shell's default, file names.
const DEFAULT: &str = ":0";

/// Prints the script for `completer`.
pub(crate) fn script(completer: Completer, screen: &mut Screen<'_>) -> Result<(), Problem> {
    let shell = match completer {
        Completer::Kubectl => return screen.text(KUBECTL_COMPLETE),
        Completer::Bash => Shell::Bash,
        Completer::Elvish => Shell::Elvish,
        Completer::Fish => Shell::Fish,
        Completer::Powershell => Shell::PowerShell,
        Completer::Zsh => Shell::Zsh,
    };
    let mut command = Args::command().bin_name("kubectl-authbackend");
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "kubectl-authbackend", &mut script);
    screen.text(&String::from_utf8_lossy(&script))
}

/// Prints the candidates for the last of `words`.
pub(crate) async fn answer(words: &[String], screen: &mut Screen<'_>) -> Result<(), Problem> {
    let lines = match wanted(words) {
        Wanted::Words(words) => [words, vec![NO_FILES.to_owned()]].concat(),
        Wanted::File => vec![DEFAULT.to_owned()],
        Wanted::AuthBackend { begun, scope } => {
            // Whoever completes a line wants no error in it.
            let found = match Cluster::connect(&scope).await {
                Ok(cluster) => cluster.auth_backends(false).await.unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            let names = found.iter().map(AuthBackend::name_any);
            names
                .filter(|name| name.starts_with(&begun))
                .chain([NO_FILES.to_owned()])
                .collect()
        }
    };
    screen.line(&lines.join("\n"))
}

/// What the last word may be.
#[derive(Debug)]
enum Wanted {
    Words(Vec<String>),
    File,
    AuthBackend { begun: String, scope: Scope },
}

fn wanted(words: &[String]) -> Wanted {
    let root = Args::command();
    let (begun, before) = match words.split_last() {
        Some((last, before)) => (last.as_str(), before),
        None => ("", words),
    };
    let mut line = Line::new(&root);
    for word in before {
        line.take(word);
    }
    if let Some(option) = line.open {
        return values(option, begun);
    }
    if begun.starts_with('-') {
        return Wanted::Words(line.options(begun));
    }
    let Some(command) = line.command else {
        let shown = root
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        let words = shown
            .filter(|command| command.get_name().starts_with(begun))
            .map(|command| described(command.get_name(), command.get_about()));
        return Wanted::Words(words.collect());
    };
    match command.get_positionals().nth(line.positionals) {
        Some(argument) if argument.get_id() == "name" => Wanted::AuthBackend {
            begun: begun.to_owned(),
            scope: line.scope,
        },
        Some(argument) => values(argument, begun),
        None => Wanted::Words(Vec::new()),
    }
}

/// The words before the cursor, as far as they decide what may follow.
struct Line<'a> {
    root: &'a Command,
    command: Option<&'a Command>,
    /// The option whose value comes next.
    open: Option<&'a Arg>,
    positionals: usize,
    scope: Scope,
}

impl<'a> Line<'a> {
    fn new(root: &'a Command) -> Self {
        Self {
            root,
            command: None,
            open: None,
            positionals: 0,
            scope: Scope::default(),
        }
    }

    fn take(&mut self, word: &str) {
        if let Some(option) = self.open.take() {
            return self.set(option, word);
        }
        if word.starts_with('-') {
            let (name, value) = word
                .split_once('=')
                .map_or((word, None), |(name, value)| (name, Some(value)));
            let option = self.arguments().find(|argument| is_named(argument, name));
            match (option, value) {
                (Some(option), Some(value)) => self.set(option, value),
                (Some(option), None) if option.get_action().takes_values() => {
                    self.open = Some(option);
                }
                _ => {}
            }
        } else if self.command.is_none() {
            self.command = self.root.find_subcommand(word);
        } else {
            self.positionals += 1;
        }
    }

    fn set(&mut self, option: &Arg, value: &str) {
        let value = value.to_owned();
        match option.get_id().as_str() {
            "namespace" => self.scope.namespace = Some(value),
            "context" => self.scope.context = Some(value),
            "kubeconfig" => self.scope.kubeconfig = Some(value.into()),
            _ => {}
        }
    }

    fn arguments(&self) -> impl Iterator<Item = &'a Arg> + use<'a> {
        let own = self.command.into_iter().flat_map(Command::get_arguments);
        own.chain(self.root.get_arguments())
    }

    fn options(&self, begun: &str) -> Vec<String> {
        let long = |argument: &Arg| {
            let name = format!("--{}", argument.get_long()?);
            name.starts_with(begun)
                .then(|| described(&name, argument.get_help()))
        };
        self.arguments().filter_map(long).collect()
    }
}

fn is_named(argument: &Arg, word: &str) -> bool {
    let long = word.strip_prefix("--");
    let short = word.strip_prefix('-').and_then(|rest| {
        let mut letters = rest.chars();
        letters.next().filter(|_| letters.next().is_none())
    });
    long.is_some_and(|long| argument.get_long() == Some(long))
        || short.is_some_and(|short| argument.get_short() == Some(short))
}

/// The values that an option or argument may have.
fn values(argument: &Arg, begun: &str) -> Wanted {
    if argument.get_id() == "kubeconfig" {
        return Wanted::File;
    }
    let values = argument.get_possible_values().into_iter();
    let words = values
        .filter(|value| value.get_name().starts_with(begun))
        .map(|value| described(value.get_name(), value.get_help()));
    Wanted::Words(words.collect())
}

fn described(word: &str, help: Option<&impl ToString>) -> String {
    match help {
        Some(help) => format!("{word}\t{}", help.to_string()),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(words: &[&str]) -> Wanted {
        wanted(
            &words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>(),
        )
    }

    fn words(line: &[&str]) -> Vec<String> {
        let Wanted::Words(words) = ask(line) else {
            panic!("no words")
        };
        let first = |word: String| word.split('\t').next().unwrap().to_owned();
        words.into_iter().map(first).collect()
    }

    #[test]
    fn commands_come_first() {
        assert_eq!(words(&["re"]), ["retry"]);
        assert_eq!(words(&["-n", "team-a", "co"]), ["connect", "completion"]);
        assert!(!words(&[""]).contains(&"__complete".to_owned()));
    }

    #[test]
    fn then_comes_the_name_in_the_namespace_that_was_said() {
        let Wanted::AuthBackend { begun, scope } =
            ask(&["logs", "-n", "team-a", "--context=x", "sh"])
        else {
            panic!("no name")
        };
        assert_eq!(begun, "sh");
        assert_eq!(scope.namespace.as_deref(), Some("team-a"));
        assert_eq!(scope.context.as_deref(), Some("x"));
    }

    #[test]
    fn nothing_follows_the_name() {
        assert!(words(&["retry", "shop", ""]).is_empty());
    }

    #[test]
    fn options_are_those_of_the_command_and_of_all() {
        assert_eq!(words(&["logs", "shop", "--f"]), ["--follow"]);
        assert_eq!(words(&["status", "--n"]), ["--namespace"]);
    }

    #[test]
    fn an_option_with_few_values_names_them() {
        assert_eq!(words(&["status", "-o", ""]), ["text", "json", "yaml"]);
        assert_eq!(words(&["completion", "z"]), ["zsh"]);
    }

    #[test]
    fn a_kubeconfig_is_a_file() {
        assert!(matches!(ask(&["status", "--kubeconfig", ""]), Wanted::File));
    }
}
