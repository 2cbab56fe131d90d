//! wardline's development tasks: everything that takes more than one invocation of cargo. `cargo xtask help` lists them.

mod bench;
mod compiled_plugins;
mod contract;
mod crates;
mod debian;
mod demo;
mod dependencies;
mod dist;
mod fuzz;
mod modules;
mod package;
mod plugins;
mod run;
mod soak;
mod test;
mod toolchain;
mod windows;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::toolchain::{Source, Toolchain, WASM, WINDOWS};
use crate::workspace::Workspace;

/// Builds, shows, tests and packs wardline.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Where the standard library for wasm32-unknown-unknown comes from.
    #[arg(long, global = true, value_enum, default_value_t = Source::Auto)]
    wasm_target: Source,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the stock plugins as components into target/plugins.
    Plugins {
        /// Only these: os, iis, sql, ie.
        #[arg(value_parser = plugins::STOCK)]
        names: Vec<String>,
    },
    /// Build the tests' own plugins as components into target/guests.
    Guests,
    /// Build one plugin from anywhere as a component.
    Plugin {
        /// The plugin's package.
        package: String,
        /// The Cargo.toml of the package or its workspace, which needs a profile named `plugin`.
        #[arg(long)]
        manifest_path: PathBuf,
        /// The component to write.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Build wardline and a small fleet of Windows 2000 volumes in target/demo, scan it, and show the report.
    Demo,
    /// Build target/dist/wardline, one self-contained binary with the stock plugins in it.
    Dist,
    /// Build wardline.exe with the stock plugins in it, and try it in Wine, where there is one.
    Windows {
        /// Where the standard library for x86_64-pc-windows-gnu comes from.
        #[arg(long, value_enum, default_value_t = Source::Auto)]
        windows_target: Source,
        /// The profile to build with: dist for an optimised program.
        #[arg(long, default_value = windows::PROFILE)]
        profile: String,
        /// Only check that everything compiles.
        #[arg(long, conflicts_with = "profile")]
        check: bool,
    },
    /// Measure everything in one run, and print a table.
    Bench {
        /// Only these sections: catalog, conversations, native, start, scans, policy, maps, scale. The last, which takes many minutes,
        /// is measured only if it is named. Or criterion, alone: small parts, measured by Criterion.
        sections: Vec<String>,
        /// Fewer repetitions and smaller fleets: about a minute.
        #[arg(long)]
        quick: bool,
    },
    /// Compare plugin-sdk/wit/ with the newest released contract, and refuse what plugins of that one would not survive.
    Contract,
    /// Check which crate of the host depends on which, and that no modules need each other in a circle.
    Crates,
    /// Have cargo-deny check all dependencies against deny.toml: their licences, what is banned, where they come from.
    Dependencies,
    /// Check that the SDK could be published: package it, build it from the package, upload nothing. Needs crates.io.
    Package,
    /// Write the hostile components into target/hostile, for trying them by hand.
    Hostile,
    /// Feed the readers of hives and other foreign bytes with what is nearly right, and stop at the first fault.
    Fuzz {
        /// Only these.
        targets: Vec<String>,
        /// For each target.
        #[arg(long, default_value_t = 60, value_name = "N")]
        seconds: u32,
    },
    /// Run the tests that take minutes: scans and writers of a history that are killed a hundred times.
    Soak,
    /// Check everything: dependencies, format, lints, documentation, and all tests.
    Test,
}

fn main() -> ExitCode {
    match perform(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let toolchain = || Toolchain::find(&workspace, &WASM, arguments.wasm_target);
    match &arguments.command {
        Command::Plugins { names } if names.is_empty() => {
            plugins::build_stock(&workspace, &toolchain()?, &plugins::STOCK)
        }
        Command::Plugins { names } => plugins::build_stock(&workspace, &toolchain()?, names),
        Command::Guests => plugins::build_guests(&workspace, &toolchain()?),
        Command::Plugin { package, manifest_path, output } => {
            plugins::build_foreign(&workspace, &toolchain()?, package, manifest_path, output)
        }
        Command::Demo => demo::demo(&workspace, &toolchain()?),
        Command::Dist => dist::dist(&workspace, &toolchain()?),
        Command::Windows { windows_target, profile, check } => {
            let windows = Toolchain::find(&workspace, &WINDOWS, *windows_target)?;
            match check {
                true => windows::check(&workspace, &windows),
                false => windows::windows(&workspace, &toolchain, &windows, profile),
            }
        }
        Command::Bench { sections, quick } => bench::bench(&workspace, &toolchain()?, sections, *quick),
        Command::Contract => contract::check(&workspace),
        Command::Crates => crates::check(&workspace).and_then(|()| modules::check(&workspace)),
        Command::Dependencies => dependencies::check(&workspace),
        Command::Package => package::check(&workspace),
        Command::Hostile => plugins::write_hostile(&workspace),
        Command::Fuzz { targets, seconds } => fuzz::fuzz(&workspace, targets, *seconds),
        Command::Soak => soak::soak(&workspace, &toolchain()?),
        Command::Test => test::test(&workspace, &toolchain),
    }
}
