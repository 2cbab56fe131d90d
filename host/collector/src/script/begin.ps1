param(
    # The recording to write. It must not exist yet.
    [string]$OutFile = ($env:COMPUTERNAME + '.recording')
)

$ErrorActionPreference = 'Stop'

# A 32-bit process sees another registry and other system folders than Windows itself.
if ([IntPtr]::Size -eq 4 -and $env:PROCESSOR_ARCHITEW6432) {
    $shell = Join-Path $env:SystemRoot 'sysnative\WindowsPowerShell\v1.0\powershell.exe'
    & $shell -NoProfile -NonInteractive -File $MyInvocation.MyCommand.Path -OutFile $OutFile
    exit $LASTEXITCODE
}
