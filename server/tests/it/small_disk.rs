//! A small disk for a single test, which can be filled and freed.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// A small file system in memory. Dropping it unmounts it.
pub struct SmallDisk {
    place: tempfile::TempDir,
}

impl SmallDisk {
    pub fn mount(size: &str) -> Self {
        let mounted = Self::try_mount(size);
        mounted.unwrap_or_else(|why_not| {
            panic!("this test must be root, for it mounts a small disk of its own: {why_not}")
        })
    }

    /// The error is the reason why this machine does not let tests mount anything.
    pub fn try_mount(size: &str) -> Result<Self, String> {
        let place = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(place.path());
        let mounted = mount.output().map_err(|error| error.to_string())?;
        if mounted.status.success() {
            Ok(Self { place })
        } else {
            Err(String::from_utf8_lossy(&mounted.stderr).trim_end().to_owned())
        }
    }

    pub fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// Takes all the remaining room, including room that was freed since the last time.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.big()).unwrap();
        let (large, small) = ([7; 64 * 1024], [7; 512]);
        while file.write_all(&large).is_ok() {}
        while file.write_all(&small).is_ok() {}
    }

    pub fn free(&self) {
        std::fs::remove_file(self.big()).unwrap();
    }

    fn big(&self) -> PathBuf {
        self.place.path().join("big")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.place.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            let lazily = Command::new("umount").arg("--lazy").arg(self.place.path()).status();
            println!("unmounted lazily: {lazily:?}");
        }
    }
}
