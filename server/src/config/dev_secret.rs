//! Secrets that `serve --dev` generates and keeps.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use aws_lc_rs::rand;
use switchboard_sqlite::owner_alone;

/// File under the data directory with the token secret of `serve --dev`.
pub const DEV_JWT_SECRET_FILE: &str = "dev-jwt-secret";

/// File under the data directory with the API key of `serve --dev`.
pub const DEV_API_KEY_FILE: &str = "dev-api-key";

/// The secret in the file `name` under `data`. A missing file is created with 32 random bytes in hexadecimal.
///
/// Only its owner can read the file, and the file appears whole or not at all.
///
/// # Errors
/// The directory or the file cannot be read or created, or the file is empty.
pub fn dev_secret(data: &Path, name: &str) -> io::Result<String> {
    if let Some(secret) = existing(data, name)? {
        return Ok(secret);
    }
    owner_alone::make_directory(data)?;
    let secret = random_hex::<32>()?;
    let temporary = data.join(format!(".{name}.{}", random_hex::<8>()?));
    let made = write_for_owner_only(&temporary, &secret).and_then(|()| fs::rename(&temporary, data.join(name)));
    if let Err(error) = made {
        // The first error is the cause; an error of the clean-up would hide it.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(secret)
}

/// The secret in the file `name` under `data`, if the file exists.
pub(super) fn existing(data: &Path, name: &str) -> io::Result<Option<String>> {
    let secret = match fs::read_to_string(data.join(name)) {
        Ok(secret) => secret,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match secret.trim() {
        "" => Err(io::Error::new(io::ErrorKind::InvalidData, "the file is empty: delete it")),
        secret => Ok(Some(secret.to_owned())),
    }
}

fn random_hex<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("no randomness available"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_for_owner_only(path: &Path, secret: &str) -> io::Result<()> {
    let mut file = owner_alone::create_new(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("not/yet/there");
        let secret = dev_secret(&data, DEV_JWT_SECRET_FILE).unwrap();
        assert_eq!(secret.len(), 64);
        assert!(secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(dev_secret(&data, DEV_JWT_SECRET_FILE).unwrap(), secret);
        assert_ne!(dev_secret(&data, DEV_API_KEY_FILE).unwrap(), secret);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        dev_secret(data.path(), DEV_API_KEY_FILE).unwrap();
        let file = fs::metadata(data.path().join(DEV_API_KEY_FILE)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_empty_file_is_no_secret() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join(DEV_API_KEY_FILE), "\n").unwrap();
        assert!(dev_secret(data.path(), DEV_API_KEY_FILE).is_err());
    }
}
