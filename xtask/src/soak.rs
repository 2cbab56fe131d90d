//! `cargo xtask soak`: the tests that take minutes because they do something a hundred times.

use anyhow::Result;

use crate::plugins;
use crate::run::run;
use crate::test::command;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// The part that the names of these tests share. Other runs ignore these tests.
pub(crate) const NAMES: &str = "hundred";

/// Runs them one after another: what they kill at random moments should get far enough to be worth killing.
pub(crate) fn soak(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    plugins::build_stock(workspace, toolchain, &plugins::STOCK)?;
    let mut test = command(workspace, &["test", "--workspace", "--no-fail-fast", "--tests"]);
    run(test.args(["--", NAMES, "--ignored", "--test-threads", "1", "--show-output"]))
}
