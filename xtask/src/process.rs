//! Running programs: quietly, or line by line.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// Which of a program's two outputs a line came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

/// Runs to the end and returns the standard output; on failure the error holds the last line of the
/// error output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = name(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim_end().lines().next_back().unwrap_or_default();
        bail!("{name} failed ({}): {last}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the program can be started and succeeds; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// As [`succeeds`], but a program that takes longer than `limit` is ended and has failed.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let start = Instant::now();
    while start.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(50)),
            Err(_) => return false,
        }
    }
    // Ending a program that has just ended by itself fails, and is no matter.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Runs to the end and hands each line over as it comes, from two threads.
pub(crate) fn stream(command: &mut Command, on_line: &(dyn Fn(Output, &str) + Sync)) -> Result<()> {
    let name = name(command);
    let child = piped(command, &name)?;
    follow(child, &name, on_line)
}

/// As [`stream`], but a program that takes longer than `limit` is ended with all that it started, and has
/// failed.
pub(crate) fn stream_within(
    command: &mut Command,
    limit: Duration,
    on_line: &(dyn Fn(Output, &str) + Sync),
) -> Result<()> {
    let name = name(command);
    let child = piped(command, &name)?;
    let id = child.id();
    thread::scope(|scope| {
        let (ended, wait) = mpsc::channel::<()>();
        let watch = scope.spawn(move || {
            // The other end is dropped when the program has ended.
            let late = wait.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if late {
                kill_tree(id);
            }
            late
        });
        let result = follow(child, &name, on_line);
        drop(ended);
        match watch.join() {
            Ok(true) => Err(anyhow!("{name} was ended after {} s", limit.as_secs())),
            _ => result,
        }
    })
}

/// Ends a process and all its descendants.
fn kill_tree(root: u32) {
    let list = output(Command::new("ps").args(["-A", "-o", "pid=,ppid="])).unwrap_or_default();
    let pairs: Vec<(u32, u32)> = list
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .collect();
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        tree.extend(
            pairs
                .iter()
                .filter(|pair| pair.1 == parent)
                .map(|pair| pair.0),
        );
        next += 1;
    }
    let ids = tree.iter().map(u32::to_string);
    // What has ended meanwhile needs no signal.
    succeeds(Command::new("kill").arg("-KILL").args(ids));
}

fn piped(command: &mut Command, name: &str) -> Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {name}"))
}

fn follow(mut child: Child, name: &str, on_line: &(dyn Fn(Output, &str) + Sync)) -> Result<()> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| lines(stdout, |line| on_line(Output::Stdout, line)));
        lines(stderr, |line| on_line(Output::Stderr, line));
    });
    let status = child.wait()?;
    if status.success() {
        Ok(())
    } else {
        Err(anyhow!("{name} failed ({status})"))
    }
}

fn lines(source: Option<impl Read>, mut on_line: impl FnMut(&str)) {
    let Some(source) = source else { return };
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    // An unreadable rest is as good as the end: the exit status tells what happened.
    while source
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

/// The program and its subcommand, for messages.
fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or(&program).to_owned();
    match command
        .get_args()
        .next()
        .map(|first| first.to_string_lossy())
    {
        Some(first) if !first.starts_with('-') => format!("`{program} {first}`"),
        _ => format!("`{program}`"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_of_a_failed_program_is_an_error_with_its_last_line() {
        let error = output(&mut shell("echo first >&2; echo last >&2; exit 3")).unwrap_err();
        assert_eq!(error.to_string(), "`sh` failed (exit status: 3): last");
    }

    #[test]
    fn stream_hands_over_the_lines_of_both_outputs() {
        let seen = Mutex::new(Vec::new());
        stream(&mut shell("echo out; echo err >&2"), &|output, line| {
            seen.lock().unwrap().push((output, line.to_owned()));
        })
        .unwrap();
        let mut seen = seen.into_inner().unwrap();
        seen.sort_by_key(|(_, line)| line.clone());
        assert_eq!(
            seen,
            [
                (Output::Stderr, "err".to_owned()),
                (Output::Stdout, "out".to_owned())
            ]
        );
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
        // The inner process holds the output open: as long as it lives, nothing returns.
        let mut hanging = shell("sh -c 'sleep 600; true'; true");
        let limit = Duration::from_secs(1);
        let error = stream_within(&mut hanging, limit, &|_, _| {}).unwrap_err();
        assert_eq!(error.to_string(), "`sh` was ended after 1 s");
    }

    #[test]
    fn a_program_that_takes_too_long_has_failed() {
        let start = Instant::now();
        assert!(!succeeds_within(
            &mut shell("exec sleep 60"),
            Duration::from_millis(100)
        ));
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
