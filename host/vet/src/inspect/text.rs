//! The text output of `wardline plugin inspect`.

use anstyle::{AnsiColor, Style};
use wardline_contract::Description;
use wardline_report::{Page, Span};
use wardline_sandbox::{Anatomy, CoreModule, Extent, Form};

use super::{Described, Inspection, PluginSource, Preparing, Signature, SignatureVerdict, World};
use crate::words::{bytes, counted, setting_as_written};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const STANDS_OUT: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

/// The column at which values begin.
const COLUMN: usize = 18;

/// The maximum number of entries shown of a list from the file; JSON has more.
const MAX_SHOWN: usize = 20;

/// Renders an inspection as text. Everything that comes from the plugin is escaped.
pub fn text(inspection: &Inspection, colour: bool) -> Vec<u8> {
    let mut page = Page::new(colour);
    head(inspection, &mut page);
    if let Some(refused) = &inspection.refused {
        let text = format!("{}: {}", refused.outcome.word(), refused.detail);
        page.hanging(2, &[Span(BAD, "Refused")], COLUMN, PLAIN, &text);
    }
    file(inspection, &mut page);
    if let Some(anatomy) = &inspection.anatomy {
        self::anatomy(anatomy, &mut page);
    }
    ran(inspection, &mut page);
    if let Some(described) = &inspection.described {
        self::described(described, &mut page);
    }
    page.into_bytes()
}

fn entry(page: &mut Page, name: &str, text: &str) {
    page.hanging(2, &[Span(FAINT, name)], COLUMN, PLAIN, text);
}

fn head(inspection: &Inspection, page: &mut Page) {
    let unknown = match (&inspection.source, &inspection.anatomy) {
        (_, Some(Anatomy { name: Some(name), .. })) => name,
        (PluginSource::File(name) | PluginSource::BuiltIn(name), _) => name,
    };
    match &inspection.described {
        None => page.line(0, &[Span(BOLD, unknown)]),
        Some(Described { description, .. }) => {
            let name = format!("{} {}", description.name, description.version);
            page.hanging(0, &[Span(BOLD, &name), Span(PLAIN, "  ")], 2, PLAIN, &description.summary);
        }
    }
}

fn file(inspection: &Inspection, page: &mut Page) {
    match &inspection.source {
        PluginSource::File(path) => entry(page, "File", &format!("{path}, {}", bytes(inspection.size))),
        PluginSource::BuiltIn(name) => {
            entry(page, "File", &format!("built into wardline as {name}, {}", bytes(inspection.size)));
        }
    }
    match &inspection.digest {
        Some(digest) => entry(page, "Digest", &format!("sha256 {digest}")),
        None => entry(page, "Digest", "not taken: the file is too large to be read"),
    }
    signature(inspection, page);
    let contract = &inspection.contract;
    let world = match contract.world {
        Some(World::Checker) => "checker: finds out and says what to do",
        Some(World::Detector) => "detector: only finds out",
        None => "none of this contract",
    };
    let versions = match contract.versions.as_slice() {
        [] => String::new(),
        versions => format!("wardline:check {}, ", versions.join(", ")),
    };
    let spoken = match contract.versions.as_slice() {
        [version] if version == contract.spoken => String::new(),
        _ => format!(" (this wardline speaks {})", contract.spoken),
    };
    entry(page, "Contract", &format!("{versions}world {world}{spoken}"));
}

fn signature(inspection: &Inspection, page: &mut Page) {
    let (style, text) = match (&inspection.verified, &inspection.signature) {
        (Some(SignatureVerdict::Holds { key, comment, may_sign_this }), _) => {
            let by = format!("holds, by the key {key} ({comment})");
            match may_sign_this {
                Some(true) => (PLAIN, by),
                Some(false) => (BAD, format!("{by}, which may not sign plugins of this name")),
                None => (PLAIN, format!("{by}; whether it may sign this plugin was not asked")),
            }
        }
        (Some(SignatureVerdict::DoesNotHold { reason }), _) => (BAD, format!("does not hold: {reason}")),
        (None, Signature::BuiltIn) => (PLAIN, "part of wardline".to_owned()),
        (None, Signature::NotSigned) => (PLAIN, "not signed".to_owned()),
        (None, Signature::NotVerified(file)) => {
            (PLAIN, format!("{file} lies beside it; not verified, for nobody is trusted"))
        }
    };
    page.hanging(2, &[Span(FAINT, "Signature")], COLUMN, style, &text);
}

fn anatomy(anatomy: &Anatomy, page: &mut Page) {
    let form = match anatomy.form {
        Some(Form::Component) => "component",
        Some(Form::CoreModule) => "core module, which is no component",
        None => "no WebAssembly",
    };
    entry(page, "Form", form);
    if let Some(damage) = &anatomy.damage {
        page.hanging(2, &[Span(BAD, "Damaged")], COLUMN, PLAIN, &format!("{damage}; below stands what comes before"));
    }
    if anatomy.imports.is_empty() {
        entry(page, "Imports", "none: it can reach nothing");
    } else {
        let imports = some(anatomy.imports.iter().cloned(), anatomy.imports.len());
        page.hanging(2, &[Span(BAD, "Imports")], COLUMN, PLAIN, &format!("{imports}; a plugin may import nothing"));
    }
    let exports = anatomy.exports.iter().map(|export| match export.kind {
        "instance" => export.name.clone(),
        kind => format!("{} ({kind})", export.name),
    });
    entry(page, "Exports", &some(exports, anatomy.exports.len()));
    let nested = match anatomy.nested_components {
        0 => String::new(),
        count => format!(", {}", counted(count, "nested component", "nested components")),
    };
    let code = format!(
        "{}{nested}, {} of code, {} of data",
        counted(anatomy.modules.len() as u64, "core module", "core modules"),
        bytes(anatomy.code_size),
        bytes(anatomy.data_size)
    );
    entry(page, "Code", &code);
    for (number, part) in anatomy.modules.iter().take(MAX_SHOWN).enumerate() {
        module(number, part, page);
    }
    let producers = anatomy.producers.iter().map(|producer| {
        let version = if producer.version.is_empty() { String::new() } else { format!(" {}", producer.version) };
        format!("{}{version} ({})", producer.name, producer.role)
    });
    entry(page, "Made with", &some(producers, anatomy.producers.len()));
    let sections = anatomy.custom_sections.iter().map(|section| format!("{} ({})", section.name, bytes(section.size)));
    entry(page, "Other sections", &some(sections, anatomy.custom_sections.len()));
    if anatomy.left_out > 0 {
        entry(page, "Left out", &format!("{} more entries than are looked at", anatomy.left_out));
    }
}

fn module(number: usize, module: &CoreModule, page: &mut Page) {
    let name = module.name.as_deref().unwrap_or("without a name");
    let mut text = format!(
        "module {number}, {name}: {}, {}",
        bytes(module.size),
        counted(module.functions, "function", "functions")
    );
    for memory in module.memories.iter().take(MAX_SHOWN) {
        text.push_str(&format!("; memory of {}", extent(memory, bytes)));
    }
    for table in module.tables.iter().take(MAX_SHOWN) {
        text.push_str(&format!("; table of {}", extent(table, |elements| format!("{elements} elements"))));
    }
    if module.starts_by_itself {
        text.push_str("; runs a function as soon as it is instantiated");
    }
    page.hanging(COLUMN, &[], COLUMN + 2, FAINT, &text);
}

fn extent(extent: &Extent, unit: impl Fn(u64) -> String) -> String {
    let at_most = match extent.maximum {
        Some(maximum) => format!("at most {}", unit(maximum)),
        None => "no maximum of its own".to_owned(),
    };
    format!("{}, {at_most}", unit(extent.initial))
}

fn ran(inspection: &Inspection, page: &mut Page) {
    let text = match inspection.ran.as_slice() {
        [] => "nothing of it was run".to_owned(),
        calls => {
            format!("{}, in the sandbox under its limits; what follows is the plugin's own word", calls.join(" and "))
        }
    };
    entry(page, "Run", &text);
    let preparing = inspection.described.as_ref().and_then(|described| described.preparing);
    match preparing {
        None => {}
        Some(Preparing::Once) => entry(page, "Prepares", "once; each target starts from a snapshot of its memory"),
        Some(Preparing::ForEachTarget) => {
            entry(page, "Prepares", "for each target anew, slower: no snapshot can be taken of its memory");
        }
    }
}

fn described(described: &Described, page: &mut Page) {
    let Description { name, family, checks, products, settings, .. } = &described.description;
    entry(page, "Family", family);
    page.blank();
    page.line(2, &[Span(BOLD, "May ask")]);
    if described.scopes_in_words.is_empty() {
        page.line(4, &[Span(PLAIN, "nothing")]);
    }
    for scope in &described.scopes_in_words {
        let about = format!("{}: ", scope.about);
        let broad = if scope.broad { "(broad) " } else { "" };
        page.hanging(4, &[Span(PLAIN, &about), Span(STANDS_OUT, broad)], 8, PLAIN, &scope.what);
    }
    page.blank();
    page.line(2, &[Span(BOLD, "Judges updates of")]);
    let listed = if products.is_empty() { "nothing".to_owned() } else { products.join("; ") };
    page.paragraph(4, PLAIN, &listed);
    page.blank();
    page.line(2, &[Span(BOLD, &format!("Checks ({})", checks.len()))]);
    for check in checks {
        let number = check.mbsa.map(|number| format!(" ({number})")).unwrap_or_default();
        let id = format!("{name}.{}  ", check.id);
        page.hanging(4, &[Span(BOLD, &id)], 8, PLAIN, &format!("{}{number}", check.title));
        page.paragraph(8, FAINT, &check.explanation);
    }
    if !settings.is_empty() {
        page.blank();
        page.line(2, &[Span(BOLD, &format!("Settings, [{name}]"))]);
    }
    for setting in settings {
        page.line(
            4,
            &[Span(BOLD, &setting.name), Span(PLAIN, " = "), Span(PLAIN, &setting_as_written(&setting.default))],
        );
        page.paragraph(8, FAINT, &setting.explanation);
    }
}

/// The first entries of a list, and how many more there are.
fn some(entries: impl Iterator<Item = String>, count: usize) -> String {
    if count == 0 {
        return "none".to_owned();
    }
    let shown: Vec<String> = entries.take(MAX_SHOWN).collect();
    let more = match count - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}
