//! Configurations of real servers with IIS 10.

mod support;

use support::*;
use wardline_iis::Iis;
use wardline_plugin::prelude::*;

#[test]
#[ignore = "reads ../shared/data"]
fn the_configuration_of_iis_10_is_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/iis");
    for file in ["E16-applicationHost.config", "E19-applicationHost.config"] {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        let run = with_text(server("10.0", 0, (10, 0)), APPLICATION_HOST, &text).run::<Iis>();
        assert_eq!(run.assessment.products[0].name, "Internet Information Services 10.0");
        for check in ["logging", "iisadmpwd", "parent-paths", "msadc-and-scripts"] {
            let finding = run.check(check);
            assert_eq!(finding.grade, Grade::Passed, "{file}: {check}: {}", finding.summary);
        }
        let on = text.replace("<asp />", "<asp enableParentPaths=\"true\" />");
        let run = with_text(server("10.0", 0, (10, 0)), APPLICATION_HOST, &on).run::<Iis>();
        assert_eq!(run.check("parent-paths").grade, Grade::NonCritical, "{file}");
    }
}
