//! How much memory this process may take.

use std::path::{Path, PathBuf};

use super::{environment::Environment, value::FileReader};

const NAME: &str = "MEMORY_LIMIT";
const MEBIBYTE: u64 = 1024 * 1024;
const GROUPS: &str = "/proc/self/cgroup";

/// `MEMORY_LIMIT`, else the limit of the control group, as a container has one; in bytes. None where there is none.
pub(super) fn load(environment: &mut Environment<'_>) -> Option<u64> {
    match environment.number(NAME, 0, 32..=1_048_576_u64) {
        0 => of_group(&environment.reader()),
        mebibytes => Some(mebibytes * MEBIBYTE),
    }
}

/// The least limit of the group and of those around it. What is outside of a container cannot be read from within, and is
/// passed over.
fn of_group(reader: &FileReader) -> Option<u64> {
    let groups = reader(Path::new(GROUPS)).ok()?;
    let limits = groups
        .lines()
        .filter_map(file_of)
        .flat_map(|(root, group, file)| {
            let group = group.trim_start_matches('/');
            let folders: Vec<PathBuf> = Path::new(group)
                .ancestors()
                .map(|it| root.join(it))
                .collect();
            folders.into_iter().filter_map(move |folder| {
                let text = reader(&folder.join(file)).ok()?;
                // "max" says that there is none.
                text.trim().parse::<u64>().ok()
            })
        });
    limits.min()
}

/// The folder of the hierarchy, the group and the name of the file with its limit, from a line of [`GROUPS`] (cgroups(7)).
fn file_of(line: &str) -> Option<(&'static Path, &str, &'static str)> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, group) = rest.split_once(':')?;
    if controllers.is_empty() {
        Some((Path::new("/sys/fs/cgroup"), group, "memory.max"))
    } else if controllers.split(',').any(|name| name == "memory") {
        let root = Path::new("/sys/fs/cgroup/memory");
        Some((root, group, "memory.limit_in_bytes"))
    } else {
        None
    }
}
