//! `switchboard backup` and `switchboard restore`, as an operator uses them: under load, and wrongly.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::server::{Ended, Plan, SECRET, Server, assert_whole, run, switchboard, wait_until};

fn backup(data: &Path, file: &Path) -> Ended {
    run(switchboard(&["backup", "--data"]).arg(data).arg(file))
}

fn restore(file: &Path, data: &Path, more: &[&str]) -> Ended {
    run(switchboard(&["restore", "--data"]).arg(data).arg(file).args(more))
}

fn refused(ended: &Ended, words: &str) {
    assert!(ended.code == Some(1) && ended.err.contains(words), "{words}: {ended:?}");
}

/// Ids of the company's bookings.
fn bookings(server: &Server, company: &str) -> BTreeSet<String> {
    let (status, answer) = server.ask("GET", &format!("/v1/companies/{company}/bookings?limit=500"), "");
    assert_eq!(status, 200, "{answer}");
    let list: Value = serde_json::from_str(&answer).unwrap();
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(id).collect()
}

fn a_company(server: &Server) -> Option<String> {
    let (_, answer) = server.ask("GET", "/v1/companies?limit=1", "");
    let list: Value = serde_json::from_str(&answer).unwrap();
    list["items"][0]["id"].as_str().map(str::to_owned)
}

#[test]
fn a_backup_that_is_taken_under_load_is_whole_and_has_all_that_was_told_before() {
    let place = tempfile::tempdir().unwrap();
    let (data, file, again) = (place.path().join("data"), place.path().join("backup.db"), place.path().join("again"));
    let mut server = Plan::new(&data).start();
    let mut load = switchboard(&["load", "--url", &format!("http://{}", server.address), "--duration", "4s"]);
    load.args(["--warm-up", "0s", "--companies", "3", "--employees", "5", "--clients", "8", "--session", "5ms"]);
    let loading = std::thread::spawn(move || run(load.env("SWITCHBOARD_JWT_SECRET", SECRET)));
    wait_until("a company", || a_company(&server).is_some());
    let company = a_company(&server).unwrap();
    wait_until("bookings", || bookings(&server, &company).len() > 20);
    let told = bookings(&server, &company);
    let copied = backup(&data, &file);
    let booked_meanwhile = bookings(&server, &company);
    assert!(copied.code == Some(0) && copied.out.contains("bytes"), "{copied:?}");
    let loaded = loading.join().unwrap();
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    server.stop();
    assert!(booked_meanwhile.len() > told.len(), "it was taken under load");

    let restored = restore(&file, &again, &[]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_whole(&again);
    let mut server = Plan::new(&again).start();
    for id in told.iter().take(50) {
        assert_eq!(server.ask("GET", &format!("/v1/companies/{company}/bookings/{id}"), "").0, 200, "{id}");
    }
    server.stop();
    assert_whole(&again);
}

#[test]
fn what_is_there_is_never_written_over() {
    let place = tempfile::tempdir().unwrap();
    let (data, file) = (place.path().join("data"), place.path().join("backup.db"));
    refused(&backup(&data, &file), "is this the data directory?");
    let mut server = Plan::new(&data).start();
    server.set_company("acme", &json!({}));
    assert_eq!(backup(&data, &file).code, Some(0));
    refused(&backup(&data, &file), "exists: name another file");
    refused(&restore(&file, &data, &["--replace"]), "another switchboard is running on the data directory");
    server.set_company("later", &json!({}));
    server.stop();
    refused(&restore(&file, &data, &[]), "`--replace` moves it aside");
    let replaced = restore(&file, &data, &["--replace"]);
    assert!(replaced.code == Some(0) && replaced.out.contains("before-restore-1"), "{replaced:?}");
    let mut server = Plan::new(&data).start();
    assert_eq!(server.ask("GET", "/v1/companies/acme", "").0, 200);
    assert_eq!(server.ask("GET", "/v1/companies/later", "").0, 404);
    server.stop();
    // The store that was moved aside is still a valid store.
    let old = place.path().join("old");
    let aside = data.join("switchboard.db.before-restore-1");
    assert_eq!(restore(&aside, &old, &[]).code, Some(0));
    let server = Plan::new(&old).start();
    assert_eq!(server.ask("GET", "/v1/companies/later", "").0, 200);
}

#[test]
fn what_is_kept_is_its_owners_alone_and_a_backup_takes_no_file_of_others() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let place = tempfile::tempdir().unwrap();
    let (data, file) = (place.path().join("data"), place.path().join("backup.db"));
    // The usual umask lets all users read.
    let mut open = std::process::Command::new("sh");
    open.args(["-c", "umask 022; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_switchboard"), "serve", "--dev"]);
    open.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let server = Server::start(Plan::new(&data), &mut open);
    let api_key = std::fs::read_to_string(data.join("dev-api-key")).unwrap();
    assert_eq!(server.ask_with(api_key.trim(), "PUT", "/v1/companies/acme", "{}").0, 201);
    let mut seen = BTreeSet::new();
    for entry in data.read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        seen.insert(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for name in ["switchboard.db", "switchboard.db-wal", "switchboard.db-shm", "switchboard.lock", "dev-jwt-secret"] {
        assert!(seen.contains(name), "{name}: {seen:?}");
    }
    assert_eq!(mode(&data), 0o700);

    let others = place.path().join("backup.db.part");
    std::fs::write(&others, "others'").unwrap();
    std::fs::set_permissions(&others, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(backup(&data, &file).code, Some(0));
    assert_eq!((mode(&file), std::fs::read_to_string(&others).unwrap()), (0o600, "others'".to_owned()));
    let link = place.path().join("link.db");
    symlink(place.path().join("elsewhere"), &link).unwrap();
    refused(&backup(&data, &link), "exists: name another file");
    assert!(!place.path().join("elsewhere").exists());
}

#[test]
fn what_is_no_backup_changes_nothing_and_nothing_is_left_of_one_that_failed() {
    let place = tempfile::tempdir().unwrap();
    let (data, file) = (place.path().join("data"), place.path().join("backup.db"));
    refused(&restore(&file, &data, &[]), "No such file");
    let mut server = Plan::new(&data).start();
    server.set_company("acme", &json!({}));
    server.stop();
    assert_eq!(backup(&data, &file).code, Some(0));
    let whole = std::fs::read(&file).unwrap();
    let again = place.path().join("again");
    for (damage, words) in [
        (b"not a database at all".to_vec(), "is not a usable backup"),
        (Vec::new(), "its tables differ"),
        (whole[..whole.len() / 2].to_vec(), "is not a usable backup"),
    ] {
        std::fs::write(&file, damage).unwrap();
        refused(&restore(&file, &again, &["--replace"]), words);
        assert!(!again.join("switchboard.db").exists());
    }
    std::fs::write(&file, whole).unwrap();
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    drop(newer);
    refused(&restore(&file, &again, &[]), "schema 999");
    let nowhere = place.path().join("no such directory").join("backup.db");
    refused(&backup(&data, &nowhere), "no such directory");
    assert_whole(&data);
}
