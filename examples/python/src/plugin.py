"""Judges the Contoso Agent, a made-up service by which a company's helpdesk reaches its computers.

Two checks: whether anybody may take over the desktop, and whether the agent has its security fix. Put your own product in
their place.
"""

from wardline import (
    Grade, Plugin, Unable, as_dword, ask, critical, manual_step, non_critical, not_performed, passed, required,
    set_registry_value, show_version, types, version_numbers,
)

SERVICE = "ContosoAgent"
KEY = r"HKLM\SOFTWARE\Contoso\Agent"
PROGRAM = r"%programfiles%\Contoso\Agent\agent.exe"

FIXED = types.FileVersion(4, 2, 1, 0)
"""Before this version the agent runs commands from anybody who sends some."""

plugin = Plugin(
    name="contoso-agent",
    version="0.1.0",
    summary="Finds Contoso Agents that strangers can use.",
    # What is not declared here is answered `denied`.
    scopes=[types.Scope_Services(), types.Scope_Registry(KEY), types.Scope_File(PROGRAM)],
)

# What a check yields is asked. Evidence that is missing ends the check as *unable to scan*: it is never taken for passed.


@plugin.check(
    "remote-control",
    title="Remote control",
    explanation="With remote control on, whoever reaches the agent's port sees the desktop and uses its keyboard.",
)
def remote_control(about):
    service = yield ask.service(SERVICE)
    if service.value is None:
        return not_installed(service)

    setting = yield ask.registry_value(KEY, "RemoteControl")
    if setting.value is None:
        return passed("Remote control is off, as it is where nothing is set.").because(setting)
    # The agent reads a REG_DWORD, so a value of another type says nothing about it.
    number = as_dword(setting.value)
    if number is None:
        raise Unable("The value RemoteControl is no REG_DWORD.", setting)
    if number == 0:
        return passed("Remote control is off.").because(setting)

    if service.value.start == types.ServiceStart.DISABLED:
        finding = non_critical("Remote control is on, but the agent's service is disabled.")
    else:
        finding = critical("Remote control is on, and the agent's service can start.")
    off = set_registry_value(
        KEY, "RemoteControl", setting.value, types.RegistryData_Dword(0),
        risk="The helpdesk can no longer take over the desktop.",
    )
    return finding.because(service, setting).mend(off)


@plugin.check(
    "agent-version",
    title="Version of the agent",
    columns=("File", "Found", "Needed"),
    explanation="Before version 4.2.1.0 the agent runs commands without asking who sends them (hotfix CA-2026-01).",
)
def agent_version(about):
    service = yield ask.service(SERVICE)
    if service.value is None:
        return not_installed(service)

    file = yield required(ask.file_version(PROGRAM))
    found = file.value.version
    if found is None:
        raise Unable("The agent's program holds no version.", file)
    if version_numbers(found) < version_numbers(FIXED):
        return (
            critical("The agent runs commands from anybody: hotfix CA-2026-01 is missing.")
            .row([PROGRAM, show_version(found), show_version(FIXED)], Grade.CRITICAL)
            .because(file)
            .mend(manual_step("Install hotfix CA-2026-01 for the Contoso Agent."))
        )
    return passed(f"The agent has version {show_version(found)}.").because(file)


def not_installed(service):
    return not_performed("The Contoso Agent is not installed.").because(service)


Types, Detection, Remediation = plugin.exports()
