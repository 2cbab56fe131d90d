/* Judges the Contoso Agent, a made-up service by which a company's helpdesk reaches its computers.
 *
 * Two checks: whether anybody may take over the desktop, and whether the agent has its security fix. Put your own product in
 * their place.
 */
#include "wardline.h"

#define SERVICE "ContosoAgent"
#define KEY "HKLM\\SOFTWARE\\Contoso\\Agent"
#define PROGRAM "%programfiles%\\Contoso\\Agent\\agent.exe"

/* Before this version the agent runs commands from anybody who sends some. */
static const file_version FIXED = {4, 2, 1, 0};

void describe(void) {
    plugin("contoso-agent", "0.1.0", "Finds Contoso Agents that strangers can use.");
    declares_check("remote-control", "Remote control", "",
                   "With remote control on, whoever reaches the agent's port sees the desktop and uses its keyboard.");
    declares_check("agent-version", "Version of the agent", "File|Found|Needed",
                   "Before version 4.2.1.0 the agent runs commands without asking who sends them (hotfix CA-2026-01).");
    asks_services();
    asks_registry(KEY);
    asks_file(PROGRAM);
}

static void remote_control(const struct reply *service, const struct reply *value) {
    if (value->state == UNABLE) {
        unable("remote-control", value);
        return;
    }
    if (value->state == ABSENT) {
        because(found("remote-control", PASSED, "Remote control is off, as it is where nothing is set."), value);
        return;
    }
    /* The agent reads a REG_DWORD, so a value of another type says nothing about it. */
    uint32_t number;
    if (!dword_of(&value->fact->val.registry_value, &number)) {
        because(found("remote-control", UNABLE_TO_SCAN, "The value RemoteControl is no REG_DWORD."), value);
        return;
    }
    if (number == 0) {
        because(found("remote-control", PASSED, "Remote control is off."), value);
        return;
    }
    bool disabled = service->fact->val.service.start == EXPORTS_WARDLINE_CHECK_TYPES_SERVICE_START_DISABLED;
    finding *on = disabled ? found("remote-control", NON_CRITICAL,
                                   "Remote control is on, but the agent's service is disabled.")
                           : found("remote-control", CRITICAL, "Remote control is on, and the agent's service can start.");
    because(on, service);
    because(on, value);
}

static void agent_version(const struct reply *file) {
    if (file->state == UNABLE) {
        unable("agent-version", file);
        return;
    }
    if (file->state == ABSENT) {
        because(found("agent-version", UNABLE_TO_SCAN, "the target holds no such thing"), file);
        return;
    }
    if (!file->fact->val.file.version.is_some) {
        because(found("agent-version", UNABLE_TO_SCAN, "The agent's program holds no version."), file);
        return;
    }
    file_version version = file->fact->val.file.version.val;
    if (compare_versions(version, FIXED) < 0) {
        finding *old = found("agent-version", CRITICAL,
                             "The agent runs commands from anybody: hotfix CA-2026-01 is missing.");
        row(old, CRITICAL, PROGRAM, version_text(version), version_text(FIXED), NULL);
        because(old, file);
        return;
    }
    because(found("agent-version", PASSED, join("The agent has version ", version_text(version), ".", NULL)), file);
}

void check(void) {
    static const char *const CHECKS[] = {"remote-control", "agent-version"};
    struct reply service = ask_service(SERVICE);
    if (service.state == PENDING) return;
    if (service.state != KNOWN) {
        for (size_t at = 0; at < sizeof CHECKS / sizeof *CHECKS; at++) {
            if (service.state == UNABLE) {
                unable(CHECKS[at], &service);
            } else {
                because(found(CHECKS[at], NOT_PERFORMED, "The Contoso Agent is not installed."), &service);
            }
        }
        return;
    }
    /* Both before anything is PENDING, so that they travel in one round. */
    struct reply value = ask_registry_value(KEY, "RemoteControl");
    struct reply file = ask_file_version(PROGRAM);
    if (value.state == PENDING || file.state == PENDING) return;
    remote_control(&service, &value);
    agent_version(&file);
}
