//! Processes and what they use, as the kernel accounts it (proc(5)).

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal};

/// Clock ticks per second in `/proc/<pid>/stat`; Linux fixes it for user space on every architecture (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that ends with its owner.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        Ok(Self(child))
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> Result<()> {
        let id = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let id = id.context("a process without a number")?;
        rustix::process::kill_process(id, Signal::TERM)?;
        let status = self.0.wait()?;
        ensure!(status.success(), "a process ended by {status}");
        Ok(())
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// What it uses.
    pub fn usage(&self) -> Result<Usage> {
        usage(self.0.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port of loopback that was free just now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// What a process uses.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Resident memory in bytes.
    pub resident: u64,
    /// Most resident memory so far in bytes.
    pub peak: u64,
    /// Processor time so far, in user and kernel mode.
    pub cpu: Duration,
}

/// What the process `pid` uses.
pub fn usage(pid: u32) -> Result<Usage> {
    let status = read(pid, "status")?;
    let kibibytes = |field: &str| {
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix(field)?
                    .trim()
                    .strip_suffix(" kB")?
                    .parse()
                    .ok()
            })
            .map(|kibibytes: u64| kibibytes * 1024)
            .with_context(|| format!("/proc/{pid}/status has no {field}"))
    };
    let stat = read(pid, "stat")?;
    Ok(Usage {
        resident: kibibytes("VmRSS:")?,
        peak: kibibytes("VmHWM:")?,
        cpu: cpu(&stat).with_context(|| format!("/proc/{pid}/stat has no times"))?,
    })
}

/// Processor time so far of the process `pid`, which has one thread, to the nanosecond.
pub fn run_time(pid: u32) -> Result<Duration> {
    let statistics = read(pid, "schedstat")?;
    let nanoseconds = statistics.split_whitespace().next();
    nanoseconds
        .and_then(|nanoseconds| nanoseconds.parse().ok())
        .map(Duration::from_nanos)
        .with_context(|| format!("/proc/{pid}/schedstat has no time"))
}

/// The process that the process `pid` started.
pub fn child_of(pid: u32) -> Result<u32> {
    let children = read(pid, &format!("task/{pid}/children"))?;
    let first = children.split_whitespace().next();
    first
        .and_then(|child| child.parse().ok())
        .with_context(|| format!("process {pid} has no child"))
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))
}

/// Fields 14 and 15 of `stat`. The second one, the name, may hold blanks and parentheses.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(Duration::from_secs_f64(
        (f64::from(user) + f64::from(system)) / TICKS_PER_SECOND,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_with_parentheses() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 100 0 0";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
    }

    #[test]
    fn this_process_uses_memory() {
        let usage = usage(std::process::id()).unwrap();
        assert!(usage.resident > 0 && usage.peak >= usage.resident);
    }
}
