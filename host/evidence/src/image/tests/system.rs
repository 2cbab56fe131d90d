use wardline_contract::{AuditSetting, Role, ServiceStart};
use wardline_fixtures::{Audit, AuditCategory, Profile, SecurityDescriptor, Service, Share, WindowsVolume};

use super::*;

#[test]
fn every_release_says_what_it_is() {
    for (volume, version, build, role, folder, architecture) in [
        (WindowsVolume::windows_nt4_server(), "4.0", 1381, Role::Server, r"C:\WINNT", "x86"),
        (WindowsVolume::windows_nt4_workstation(), "4.0", 1381, Role::Workstation, r"C:\WINNT", "x86"),
        (WindowsVolume::windows_2000_server(), "5.0", 2195, Role::Server, r"C:\WINNT", "x86"),
        (WindowsVolume::windows_xp(), "5.1", 2600, Role::Workstation, r"C:\WINDOWS", "x86"),
        (WindowsVolume::windows_server_2003(), "5.2", 3790, Role::Server, r"C:\WINDOWS", "x86"),
        (WindowsVolume::windows_10(), "10.0", 19045, Role::Workstation, r"C:\Windows", "AMD64"),
        (WindowsVolume::windows_server_2022(), "10.0", 20348, Role::Server, r"C:\Windows", "AMD64"),
    ] {
        let target = target(&volume);
        let system = known!(target.ask(Question::System), System);
        assert_eq!((system.version.as_str(), system.build, system.role), (version, build, role));
        assert_eq!(system.windows_folder.to_lowercase(), folder.to_lowercase(), "{version}");
        assert_eq!(system.architecture.as_deref(), Some(architecture), "{version}");
        assert_eq!((system.language, system.computer_name.as_deref()), (Some(0x0409), Some("FIXTURE01")), "{version}");
        known!(target.ask(Question::Services), Services);
        known!(target.ask(Question::Accounts), Accounts);
    }
}

#[test]
fn service_packs_suites_and_revisions_are_given() {
    let target = target(
        &WindowsVolume::windows_2000_server()
            .service_pack(2)
            .suite("Enterprise")
            .language(0x0407)
            .role(wardline_fixtures::Role::DomainController),
    );
    let system = known!(target.ask(Question::System), System);
    assert_eq!((system.service_pack, system.service_pack_name.as_deref()), (2, Some("Service Pack 2")));
    assert_eq!(
        (system.suites, system.role, system.language),
        (vec!["Enterprise".to_owned()], Role::DomainController, Some(0x0407))
    );
    assert_eq!(system.revision, None);
    // The accounts in its SAM are not those of the domain.
    for question in [Question::Accounts, Question::Groups, Question::PasswordPolicy] {
        assert_eq!(target.ask(question), Answer::Unsupported);
    }
}

#[test]
fn services_and_drivers_are_told_apart() {
    let target = target(
        &WindowsVolume::windows_2000_server()
            .service(Service::new("W3SVC").automatic().account("LocalSystem").display_name("World Wide Web"))
            .service(Service::new("Old").disabled())
            .service(Service::driver("Disk").start(0))
            .registry(r"HKLM\SYSTEM\CurrentControlSet\Services\NoService\Performance", "x", 1),
    );
    let service = known!(target.ask(Question::Service("w3svc".to_owned())), Service);
    assert_eq!((service.name.as_str(), service.start, service.driver), ("W3SVC", ServiceStart::Automatic, false));
    assert_eq!(
        (service.account.as_deref(), service.display_name.as_deref()),
        (Some("LocalSystem"), Some("World Wide Web"))
    );
    let disk = known!(target.ask(Question::Service("Disk".to_owned())), Service);
    assert_eq!((disk.start, disk.driver, disk.account), (ServiceStart::Boot, true, None));
    let services = known!(target.ask(Question::Services), Services);
    assert!(services.iter().any(|service| service.name == "Old" && service.start == ServiceStart::Disabled));
    for name in ["NoService", "Nothing", "", r"W3SVC\Parameters"] {
        assert_eq!(target.ask(Question::Service(name.to_owned())), Answer::Absent, "{name}");
    }
}

/// `DeleteService` only marks a service; it is deleted at the next start.
#[test]
fn a_service_that_is_marked_for_deletion_is_none() {
    let flag = |name: &str| format!(r"HKLM\SYSTEM\CurrentControlSet\Services\{name}");
    let target = target(
        &WindowsVolume::windows_2000_server()
            .service(Service::new("Gone").automatic())
            .service(Service::new("Stays").automatic())
            .service(Service::new("Kept").automatic())
            .registry(&flag("Gone"), "DeleteFlag", 1)
            .registry(&flag("Stays"), "DeleteFlag", 0),
    );
    let services = known!(target.ask(Question::Services), Services);
    for (name, there) in [("Gone", false), ("Stays", true), ("Kept", true)] {
        assert_eq!(services.iter().any(|service| service.name == name), there, "{name}");
        let alone = target.ask(Question::Service(name.to_owned()));
        assert_eq!(alone != Answer::Absent, there, "{name}");
    }
}

#[test]
fn shares_have_paths_and_permissions() {
    let target = target(
        &WindowsVolume::windows_2000_server().share(Share::new("public", r"C:\public").remark("for all")).share(
            Share::new("open", r"C:\open")
                .security(SecurityDescriptor::owned_by("S-1-5-32-544").allow("S-1-1-0", 0x001f_01ff)),
        ),
    );
    let shares = known!(target.ask(Question::Shares), Shares);
    let share = |name: &str| shares.iter().find(|share| share.name == name).unwrap();
    assert_eq!((share("public").path.as_str(), share("public").remark.as_deref()), (r"C:\public", Some("for all")));
    assert_eq!(share("public").permissions, None);
    let access = share("open").permissions.clone().unwrap().access.unwrap();
    assert_eq!((access[0].sid.as_str(), access[0].mask), ("S-1-1-0", 0x001f_01ff));
}

#[test]
fn the_audit_policy_has_microsofts_categories() {
    let target = target(
        &WindowsVolume::windows_2000_server()
            .audit(AuditCategory::LogonLogoff, Audit::SuccessAndFailure)
            .audit(AuditCategory::AccountLogon, Audit::Failure),
    );
    let policy = known!(target.ask(Question::AuditPolicy), AuditPolicy);
    let setting = |name: &str| policy.categories.iter().find(|category| category.name == name).unwrap().setting;
    assert!(policy.enabled);
    assert_eq!(policy.categories.len(), 9);
    assert_eq!(setting("Logon/Logoff"), AuditSetting::SuccessAndFailure);
    assert_eq!(setting("Account Logon"), AuditSetting::Failure);
    assert_eq!(setting("System"), AuditSetting::None);
}

#[test]
fn profiles_say_whether_their_registry_can_be_asked() {
    let target = target(
        &WindowsVolume::windows_2000_server()
            .profile(Profile::of_sid("away", "S-1-5-21-1-2-3-1000").without_hive())
            .registry(
                r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1000.bak",
                "ProfileImagePath",
                r"C:\x",
            ),
    );
    let profiles = known!(target.ask(Question::Profiles), Profiles);
    let found = profiles
        .iter()
        .map(|profile| (profile.sid.as_str(), profile.name.as_str(), profile.loaded))
        .collect::<Vec<_>>();
    assert!(found.contains(&("S-1-5-21-1078081533-842925246-1202660629-500", "Administrator", true)), "{found:?}");
    assert!(found.contains(&("S-1-5-21-1-2-3-1000", "away", false)), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn the_system_drive_is_the_one_volume() {
    let volumes = known!(target(&WindowsVolume::windows_2000_server()).ask(Question::Volumes), Volumes);
    assert_eq!(volumes.len(), 1);
    assert_eq!((volumes[0].drive.as_str(), &volumes[0].file_system, volumes[0].fixed), ("C:", &None, true));
}
