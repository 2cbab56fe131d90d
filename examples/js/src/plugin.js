// Judges the Contoso Agent, a made-up service by which a company's helpdesk reaches its computers.
//
// Two checks: whether anybody may take over the desktop, and whether the agent has its security fix. Put your own product in
// their place.

import {
  ask, asDword, compareVersions, critical, manualStep, nonCritical, notPerformed, passed, plugin, required, setRegistryValue,
  showVersion, Unable,
} from "./wardline.js";

const SERVICE = "ContosoAgent";
const KEY = String.raw`HKLM\SOFTWARE\Contoso\Agent`;
const PROGRAM = String.raw`%programfiles%\Contoso\Agent\agent.exe`;

/** Before this version the agent runs commands from anybody who sends some. */
const FIXED = { major: 4, minor: 2, build: 1, revision: 0 };

const notInstalled = (service) => notPerformed("The Contoso Agent is not installed.").because(service);

// What a check yields is asked. Evidence that is missing ends the check as *unable to scan*: it is never taken for passed.

function* remoteControl() {
  const service = yield ask.service(SERVICE);
  if (!service.value) return notInstalled(service);

  const setting = yield ask.registryValue(KEY, "RemoteControl");
  if (!setting.value) return passed("Remote control is off, as it is where nothing is set.").because(setting);
  // The agent reads a REG_DWORD, so a value of another type says nothing about it.
  const number = asDword(setting.value);
  if (number === null) throw new Unable("The value RemoteControl is no REG_DWORD.", setting);
  if (number === 0) return passed("Remote control is off.").because(setting);

  const finding = service.value.start === "disabled"
    ? nonCritical("Remote control is on, but the agent's service is disabled.")
    : critical("Remote control is on, and the agent's service can start.");
  const off = setRegistryValue(KEY, "RemoteControl", setting.value, { tag: "dword", val: 0 }, {
    risk: "The helpdesk can no longer take over the desktop.",
  });
  return finding.because(service, setting).mend(off);
}

function* agentVersion() {
  const service = yield ask.service(SERVICE);
  if (!service.value) return notInstalled(service);

  const file = yield required(ask.fileVersion(PROGRAM));
  const found = file.value.version;
  if (!found) throw new Unable("The agent's program holds no version.", file);
  if (compareVersions(found, FIXED) < 0) {
    return critical("The agent runs commands from anybody: hotfix CA-2026-01 is missing.")
      .row([PROGRAM, showVersion(found), showVersion(FIXED)], "critical")
      .because(file)
      .mend(manualStep("Install hotfix CA-2026-01 for the Contoso Agent."));
  }
  return passed(`The agent has version ${showVersion(found)}.`).because(file);
}

export const { types, detection, remediation } = plugin({
  name: "contoso-agent",
  version: "0.1.0",
  summary: "Finds Contoso Agents that strangers can use.",
  // What is not declared here is answered `denied`.
  scopes: [{ tag: "services" }, { tag: "registry", val: KEY }, { tag: "file", val: PROGRAM }],
  checks: [
    {
      id: "remote-control",
      title: "Remote control",
      explanation: "With remote control on, whoever reaches the agent's port sees the desktop and uses its keyboard.",
      judge: remoteControl,
    },
    {
      id: "agent-version",
      title: "Version of the agent",
      columns: ["File", "Found", "Needed"],
      explanation: "Before version 4.2.1.0 the agent runs commands without asking who sends them (hotfix CA-2026-01).",
      judge: agentVersion,
    },
  ],
});
