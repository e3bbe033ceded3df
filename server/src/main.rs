//! Commands of the program: `serve`, `token`, `key`, `config`, `check`, `backup`, `restore`, `demo`, `openapi` and
//! `load`.

mod command_line;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use command_line::{ConfigCommand, Subcommands, TokenFlags};
use switchboard::auth::Signer;
use switchboard::config::{BadSetting, Flags, Settings, process_variables};
use switchboard::{api, api_keys, crowd, demo, serve, telemetry};
use switchboard_core::Time;
use switchboard_exchange::admission::shares::BLOCKING_THREADS;
use switchboard_exchange::clock::Clock;
use switchboard_load::{self as load, play};
use switchboard_sqlite::Reader;
use switchboard_sqlite::backup::{backup, restore};
use switchboard_sqlite::check::check;
use switchboard_wire::claims::{Claims, Role};
use switchboard_wire::skill::LeveledSkill;
use switchboard_wire::view;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The command failed for any other reason.
const EXIT_FAILURE: u8 = 1;
/// A bad setting, or a command line that cannot be read.
const EXIT_BAD_SETTING: u8 = 2;
/// Finding of `load`, `check` or `token --check`: an employee is booked twice, the store differs from its events, or
/// the token is refused.
const EXIT_WRONG: u8 = 1;
/// `load` or `check` could not look, or not to the end.
const EXIT_NOT_LOOKED: u8 = 3;
/// `load` ran, and lines broke or nothing was booked, so that its figures mean nothing.
const EXIT_NO_FIGURES: u8 = 4;
/// Time that tasks have to end after the server has stopped.
const SHUTDOWN_MAX: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let command = Subcommands::read();
    let failure = match command {
        Subcommands::Load { .. } | Subcommands::Check { .. } => EXIT_NOT_LOOKED,
        _ => EXIT_FAILURE,
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("switchboard: {error:#}");
            exit_code(&error, failure)
        }
    }
}

fn exit_code(error: &anyhow::Error, failure: u8) -> ExitCode {
    ExitCode::from(if is_bad_setting(error) { EXIT_BAD_SETTING } else { failure })
}

fn is_bad_setting(error: &anyhow::Error) -> bool {
    error.downcast_ref::<BadSetting>().is_some()
}

fn run(command: Subcommands) -> anyhow::Result<ExitCode> {
    // `serve` logs these warnings itself, and the document of the API depends on no setting.
    if !matches!(command, Subcommands::Serve { .. } | Subcommands::Openapi) {
        warn(&Settings::foreign_variables(process_variables()));
    }
    match command {
        Subcommands::Serve { flags } => Ok(put_up(flags)),
        Subcommands::Token { flags, token: TokenFlags { check: Some(token), .. } } => check_token(&flags, token),
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
                println!("the previous store is now `{}`", aside.display());
            }
            println!("restored `{}` into `{}`; verify it with `switchboard check`", file.display(), data.display());
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Demo { flags, url } => {
            let secret = Settings::load_for_token(flags, process_variables())?;
            runtime()?.block_on(play::play(&url, demo::COMPANY, &*crowd::sign_with(secret.expose())))?;
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Openapi => {
            print!("{}", api::document::text());
            Ok(ExitCode::SUCCESS)
        }
        Subcommands::Load { flags, plan } => put_load(flags, plan),
    }
}

/// Serves until a stop is asked for. A failure is reported in the form of the log.
fn put_up(flags: Flags) -> ExitCode {
    let format = Settings::log_format(&flags, process_variables());
    let served = (|| {
        let settings = Settings::load(flags, process_variables())?;
        let _telemetry = telemetry::start(&settings)?;
        let runtime = runtime()?;
        let served = runtime.block_on(serve::serve(settings));
        // A timeout, so that a long question to the store does not delay the end.
        runtime.shutdown_timeout(SHUTDOWN_MAX);
        served?.wait()
    })();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::last_words(format, &error, !is_bad_setting(&error));
            exit_code(&error, EXIT_FAILURE)
        }
    }
}

fn put_load(flags: Flags, plan: load::Plan) -> anyhow::Result<ExitCode> {
    let secret = Settings::load_for_token(flags, process_variables())?;
    let json = plan.json.clone().map(load::Output::open).transpose()?;
    let plot = plan.plot.clone().map(load::Output::open).transpose()?;
    let report = runtime()?.block_on(load::run(plan, crowd::sign_with(secret.expose())))?;
    print!("{report}");
    let fault = report.fault();
    if let Some(fault) = &fault {
        eprintln!("switchboard: {fault}");
    }
    let written = (|| {
        json.map(|file| file.write(&serde_json::to_string_pretty(&report)?)).transpose()?;
        plot.map(|file| file.write(&report.draw()?)).transpose()
    })();
    let code = match fault {
        None => ExitCode::SUCCESS,
        Some(load::RunFault::BookedTwice(_)) => ExitCode::from(EXIT_WRONG),
        Some(load::RunFault::LinesBroke(_) | load::RunFault::NothingBooked) => ExitCode::from(EXIT_NO_FIGURES),
    };
    match (written, fault) {
        // The finding decides the exit code, even when the report could not be stored.
        (Err(error), Some(_)) => eprintln!("switchboard: {error:#}"),
        (written, _) => drop(written?),
    }
    Ok(code)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build()
}

/// Says whose a token is, or why the server would refuse it, which clients of a socket cannot show.
fn check_token(flags: &Flags, token: String) -> anyhow::Result<ExitCode> {
    let token = if token == "-" { std::io::read_to_string(std::io::stdin())? } else { token };
    let tokens = Settings::load_tokens(flags, process_variables())?;
    let runtime = runtime()?;
    let keyring = runtime.block_on(serve::keyring(&tokens))?;
    match runtime.block_on(keyring.verify_or_ask(token.trim(), Clock::start().now().as_ms())) {
        Ok(claims) => {
            let company = claims.company.as_ref().map(|company| format!(" of `{company}`")).unwrap_or_default();
            let ends = view::json(&view::Moment(Time::from_ms(keyring.ends_at_ms(&claims))));
            println!(
                "the token is valid: {} `{}`{company}, until {}",
                claims.role,
                claims.subject,
                ends.trim_matches('"')
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("the token is refused: {error}");
            Ok(ExitCode::from(EXIT_WRONG))
        }
    }
}

fn sign(flags: Flags, token: TokenFlags) -> anyhow::Result<String> {
    let (Some(role), Some(subject)) = (token.role, token.sub) else { anyhow::bail!("a token needs a role and an id") };
    if token.scope.is_some() && role != Role::Admin {
        anyhow::bail!("`--scope` is only for the token of an admin");
    }
    if token.topics.is_some() && role != Role::Employee {
        anyhow::bail!("`--topics` is only for the token of an employee");
    }
    if token.priority.is_some() && role != Role::Client {
        anyhow::bail!("`--priority` is only for the token of a client");
    }
    if token.skills.is_some() && role != Role::Employee {
        anyhow::bail!("`--skills` is only for the token of an employee");
    }
    let rules = Settings::load_token_rules(&flags, process_variables())?;
    let signer = match &token.key {
        Some(file) => {
            let pem = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
            let signer = Signer::of_pem(&pem, token.kid.clone());
            signer.with_context(|| format!("`{}` is not a private key (PKCS #8 in PEM)", file.display()))?
        }
        None => Signer::hs256(Settings::load_for_token(flags, process_variables())?.expose().as_bytes()),
    };
    let now_ms = Clock::start().now().as_ms();
    let claims = Claims {
        subject,
        role,
        company: token.company,
        name: token.name,
        topics: token.topics.map(|topics| topics.iter().map(|topic| topic.trim().to_owned()).collect()),
        priority: token.priority,
        skills: token
            .skills
            .map(|skills| skills.into_iter().map(|LeveledSkill(skill, level)| (skill, level)).collect()),
        scope: token.scope,
        issued_at_ms: Some(now_ms),
        expires_at_s: (now_ms / 1000).saturating_add(token.ttl_s),
    };
    signer.sign(&claims, &rules).context("cannot create this token")
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("switchboard: warning: {warning}");
    }
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
            let unwise = Settings::unwise(flags, process_variables())?;
            warn(&unwise);
            println!(
                "{}",
                if unwise.is_empty() { "the settings are valid" } else { "the settings are valid, with warnings" }
            );
            let needed_in = Settings::needs_stored_key(flags, process_variables())?;
            if needed_in.is_some_and(|data| !api_keys::are_in_store(&data)) {
                println!("there is no API key yet: create one with `switchboard key create`, or set `api_key`");
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
        println!("{company}: not compared: the server must first finish an erasure");
    }
    let differences = match report.differences.len() {
        0 => "no differences".to_owned(),
        1 => "1 difference".to_owned(),
        n => format!("{n} differences"),
    };
    println!("checked {} companies, {} events, {} rows: {differences}", report.companies, report.events, report.rows);
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_WRONG) })
}
