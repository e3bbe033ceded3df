//! What each command does: `serve`, `token`, `key`, `config`, `check`, `backup`, `restore`, `demo`, `openapi` and `load`.

mod command_line;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use switchboard::auth::{Claims, Role, Signer};
use switchboard::clock::Clock;
use switchboard::config::{BadSetting, Flags, Settings, process_variables};
use switchboard::journal::backup::{backup, restore};
use switchboard::journal::check::check;
use switchboard::journal::reader::Reader;
use switchboard::{api, api_keys, demo, load, serve, telemetry};

use command_line::{CommandLine, ConfigCommand, Subcommands, TokenFlags};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A bad setting, or a command line that cannot be read.
const EXIT_BAD_SETTING: u8 = 2;
/// How long tasks may take to end when the server has stopped.
const SHUTDOWN_MAX: Duration = Duration::from_millis(200);
/// Threads for questions to the store.
const BLOCKING_THREADS: usize = 16;

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("switchboard: {error:#}");
            let bad_setting = error.downcast_ref::<BadSetting>().is_some();
            if bad_setting { ExitCode::from(EXIT_BAD_SETTING) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: Subcommands) -> anyhow::Result<ExitCode> {
    match command {
        Subcommands::Serve { flags } => {
            let settings = Settings::load(flags, process_variables())?;
            let _telemetry = telemetry::start(&settings)?;
            let runtime = runtime()?;
            let served = runtime.block_on(serve::serve(settings));
            // A long question to the store is not waited for.
            runtime.shutdown_timeout(SHUTDOWN_MAX);
            served?.wait()?;
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Token { flags, token } => {
            println!("{}", sign(flags, token)?);
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Key { flags, command } => {
            let data = Settings::load_data(&flags, process_variables())?;
            print!("{}", api_keys::command::run(command, &data)?);
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Config { flags, command } => show_settings(&flags, &command),
        Subcommands::Check { flags } => check_store(&flags),
        Subcommands::Backup { flags, file } => {
            let data = Settings::load_data(&flags, process_variables())?;
            let bytes = backup(&data, &file)?;
            println!("copied `{}` into `{}`: {bytes} bytes", data.display(), file.display());
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Restore { flags, file, replace } => {
            let data = Settings::load_data(&flags, process_variables())?;
            if let Some(aside) = restore(&file, &data, replace)? {
                println!("the store that was there is now `{}`", aside.display());
            }
            println!(
                "`{}` is the store of `{}`; see that it is whole: `switchboard check`",
                file.display(),
                data.display()
            );
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Demo { flags, url } => {
            let secret = Settings::load_for_token(flags, process_variables())?;
            runtime()?.block_on(demo::play(&url, secret.expose()))?;
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Openapi => {
            print!("{}", api::document::text());
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Load { flags, plan } => put_load(flags, plan),
    }
}

fn put_load(flags: Flags, plan: load::Plan) -> anyhow::Result<ExitCode> {
    let secret = Settings::load_for_token(flags, process_variables())?;
    let (json, plot) = (plan.json.clone(), plan.plot.clone());
    let report = runtime()?.block_on(load::run(plan, secret.expose()))?;
    print!("{report}");
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(&file, text).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if let Some(file) = plot {
        report.draw(&file)?;
    }
    if let Some(fault) = report.fault() {
        eprintln!("switchboard: {fault}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build()
}

fn sign(flags: Flags, token: TokenFlags) -> anyhow::Result<String> {
    if token.scope.is_some() && token.role != Role::Admin {
        anyhow::bail!("`--scope` is for an admin: nobody else has one");
    }
    let rules = Settings::load_token_rules(&flags, process_variables())?;
    let signer = match &token.key {
        Some(file) => {
            let pem = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
            let signer = Signer::of_pem(&pem, token.kid.clone());
            signer.with_context(|| format!("`{}` is no private key (PKCS #8 in PEM)", file.display()))?
        }
        None => Signer::hs256(Settings::load_for_token(flags, process_variables())?.expose().as_bytes()),
    };
    let claims = Claims {
        subject: token.sub,
        role: token.role,
        company: token.company,
        name: token.name,
        topics: token.topics,
        scope: token.scope,
        expires_at_s: (Clock::start().now().as_ms() / 1000).saturating_add(token.ttl_s),
    };
    signer.sign(&claims, &rules).context("this token cannot be made")
}

fn show_settings(flags: &Flags, command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Print { markdown: true, .. } => print!("{}", Settings::print_markdown()),
        ConfigCommand::Print { toml: true, .. } => print!("{}", Settings::print_toml(flags, process_variables())?),
        ConfigCommand::Print { .. } => print!("{}", Settings::print(flags, process_variables())?),
        ConfigCommand::Check => {
            let problems = Settings::problems(flags, process_variables());
            for problem in &problems {
                eprintln!("switchboard: {problem}");
            }
            if !problems.is_empty() {
                return Ok(ExitCode::from(EXIT_BAD_SETTING));
            }
            println!("the settings are good");
            let needed_in = Settings::needs_stored_key(flags, process_variables())?;
            if needed_in.is_some_and(|data| !api_keys::are_in_store(&data)) {
                println!("there is no API key yet: make one with `switchboard key create`, or set `api_key`");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check_store(flags: &Flags) -> anyhow::Result<ExitCode> {
    let data = Settings::load_data(flags, process_variables())?;
    let report = check(&Reader::open(&data)?)?;
    for difference in &report.differences {
        println!("{difference}");
    }
    for company in &report.unfinished {
        println!("{company}: an erasure has begun: not compared before the server has finished it");
    }
    let differences = match report.differences.len() {
        0 => "no differences".to_owned(),
        1 => "1 difference".to_owned(),
        n => format!("{n} differences"),
    };
    println!("checked {} companies, {} events, {} rows: {differences}", report.companies, report.events, report.rows);
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
