//! Files and directories that only their owner may read, whatever the process's umask is.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const FILE: u32 = 0o600;
const DIRECTORY: u32 = 0o700;
/// Rights of users other than the owner.
const OTHERS: u32 = 0o077;
/// The right of other users to put files into a directory.
const OTHERS_WRITE: u32 = 0o022;
/// Beginnings of the names of Switchboard's files.
const OURS: [&str; 3] = ["switchboard.", "dev-", ".dev-"];

/// Makes a directory, and its missing parents.
pub fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY).create(path)
}

/// Opens a file for writing, and makes it if there is none.
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE).open(path)
}

/// Makes a file where nothing is, not even a link, because other users could read a file that they have made there.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(FILE).open(path)
}

/// Takes away the rights of other users to Switchboard's files in a directory, and to the directory if it has no other
/// files. An earlier version made the files readable for all. Returns descriptions of the changes, and of changes that
/// failed.
pub(crate) fn tighten(directory: &Path) -> io::Result<Vec<String>> {
    let (mut said, mut is_ours_alone) = (Vec::new(), true);
    for entry in directory.read_dir()? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| OURS.iter().any(|ours| name.starts_with(ours)));
        is_ours_alone &= is_ours;
        // The target of a link may belong to another program.
        if is_ours && entry.file_type()?.is_file() {
            said.extend(tighten_one(entry.path(), FILE));
        }
    }
    let mode = directory.metadata()?.permissions().mode();
    if is_ours_alone {
        said.extend(tighten_one(directory.to_owned(), DIRECTORY));
    } else if mode & OTHERS_WRITE != 0 {
        said.push(format!(
            "other users can write into `{}`: give the store a directory of its own",
            directory.display()
        ));
    }
    Ok(said)
}

fn tighten_one(path: PathBuf, wanted: u32) -> Option<String> {
    let mode = path.metadata().ok()?.permissions().mode();
    if mode & OTHERS == 0 {
        return None;
    }
    let path_shown = path.display();
    Some(match std::fs::set_permissions(&path, Permissions::from_mode(wanted)) {
        Ok(()) => format!("other users could open `{path_shown}`: access is now limited to the owner"),
        Err(error) => format!("other users can open `{path_shown}`, and the mode cannot be changed: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_its_owners_alone() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("not/yet");
        make_directory(&directory).unwrap();
        let (opened, new) = (directory.join("opened"), directory.join("new"));
        open(&opened).unwrap();
        create_new(&new).unwrap();
        assert_eq!((mode(&directory), mode(&opened), mode(&new)), (0o700, 0o600, 0o600));
        assert_eq!(create_new(&opened).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        std::os::unix::fs::symlink(place.path().join("elsewhere"), directory.join("link")).unwrap();
        assert_eq!(create_new(&directory.join("link")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(!place.path().join("elsewhere").exists());
    }

    #[test]
    fn what_an_older_version_left_open_is_closed_and_what_is_not_ours_is_left() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("data");
        std::fs::create_dir(&directory).unwrap();
        for name in ["switchboard.db", "switchboard.db-wal", "dev-api-key"] {
            std::fs::write(directory.join(name), "").unwrap();
            std::fs::set_permissions(directory.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        std::fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
        assert_eq!(tighten(&directory).unwrap().len(), 4);
        assert_eq!((mode(&directory), mode(&directory.join("switchboard.db-wal"))), (0o700, 0o600));
        assert_eq!(tighten(&directory).unwrap(), [""; 0]);
        std::fs::write(directory.join("notes.txt"), "").unwrap();
        for (wide, said) in [(0o755, 0), (0o777, 1)] {
            std::fs::set_permissions(&directory, Permissions::from_mode(wide)).unwrap();
            assert_eq!(tighten(&directory).unwrap().len(), said);
            assert_eq!(mode(&directory), wide, "it is not ours alone");
        }
    }
}
