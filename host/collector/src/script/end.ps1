# --- The work.

$identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
$principal = New-Object System.Security.Principal.WindowsPrincipal $identity
if (-not $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
    Write-Warning 'Not run as an administrator: what only administrators may read is recorded as unreadable.'
}
$OutFile = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutFile)
$stream = New-Object System.IO.FileStream $OutFile, ([System.IO.FileMode]::CreateNew), ([System.IO.FileAccess]::Write)
$writer = New-Object System.IO.StreamWriter $stream, $utf8
$checksums = New-Object System.Collections.Hashtable $comparer
foreach ($name in $names_with_checksum) { $checksums[$name] = $true }
$is_written = $false
try {
    $writer.Write('{"format":"wardline.recording/1","name":' + (Format-Text $env:COMPUTERNAME) + ",""answers"":[`n")
    if ($collect['system']) { Write-Fact '"system"' { Format-System } }
    if ($collect['services']) { Write-Fact '"services"' { Format-Services } }
    if ($collect['shares']) { Write-Fact '"shares"' { Format-Shares } }
    if ($collect['volumes']) { Write-Fact '"volumes"' { Format-Volumes } }
    if ($collect['audit-policy']) { Write-Fact '"audit-policy"' { Format-AuditPolicy } }
    if ($collect['password-policy']) { Write-Fact '"password-policy"' { Format-PasswordPolicy } }
    $names = Write-AccountFacts
    Write-Profiles $names
    Write-Keys $keys $false
    Write-Keys $keys_with_permissions $true
    Write-Values $values
    Write-Places 'file' $places_of_files $false
    Write-Places 'file' $places_with_permissions $true
    Write-Places 'text' $places_of_texts $false
    foreach ($group in $anywhere) { Write-Anywhere $group[0] $group[1] $group[2] $group[3] }
    Write-Files $files $false
    Write-Files $files_with_checksum $true
    Write-Waiting $folders_of_updates
    $writer.Write("`n],""complete"":[" + ($complete.ToArray() -join ",`n") + "]}`n")
    $is_written = $true
} finally {
    $writer.Close()
    if (-not $is_written) { [System.IO.File]::Delete($OutFile) }
}
Write-Output ($OutFile + ': ' + $recorded.Count + ' answers recorded')
