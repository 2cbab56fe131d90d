//! `appcmd.exe`, which changes the configuration of IIS 7 and later.

use wardline_plugin::prelude::*;

const TOOL: &str = r"%windir%\system32\inetsrv\appcmd.exe";

/// Sets an attribute of a section for a path, in `applicationHost.config`. An empty path means the server.
pub(crate) fn set_section(path: &str, section: &str, attribute: &str, before: &str, after: &str) -> Remedy {
    let operation = |value: &str| {
        let path = (!path.is_empty()).then_some(path);
        let words = ["set", "config"].into_iter().chain(path).map(str::to_owned);
        run(words
            .chain([format!("/section:{section}"), format!("/{attribute}:{value}"), "/commit:apphost".to_owned()])
            .collect())
    };
    Remedy::new(operation(after)).undo(operation(before))
}

/// Runs the tool once.
pub(crate) fn run(arguments: Vec<String>) -> Operation {
    Operation::RunTool(RunTool { tool: TOOL.to_owned(), arguments, article: None })
}
