# --- Facts that are asked for as a whole, each from the values in which Windows keeps it.

$nt = 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$control = 'HKLM\SYSTEM\CurrentControlSet\Control'
$service_list = 'HKLM\SYSTEM\CurrentControlSet\Services'

function Get-Release {
    $text = Get-TextValue $nt 'CurrentVersion'
    $major = Get-NumberValue $nt 'CurrentMajorVersionNumber'
    $minor = Get-NumberValue $nt 'CurrentMinorVersionNumber'
    if ($null -eq $major -and $null -eq $minor) {
        if ($null -eq $text -or $text -notmatch '^\s*\d+\.\d+\s*$') { throw ($nt + '\CurrentVersion is not a version') }
        return $text.Trim()
    }
    if ($null -eq $major -or $null -eq $minor) { throw ($nt + ' has only one of the two numbers of the version') }
    $numbers = [string]$major + '.' + [string]$minor
    if ($null -ne $text -and $text.Trim() -ne $numbers -and -not ($numbers -eq '10.0' -and $text.Trim() -eq '6.3')) {
        throw ($nt + ' contradicts itself: the version is ' + $numbers + ' and ' + $text)
    }
    return $numbers
}

function Get-Build {
    $build = Get-TextValue $nt 'CurrentBuildNumber'
    $other = Get-TextValue $nt 'CurrentBuild'
    if ($null -eq $build) { $build = $other }
    if ($null -eq $build -or $build -notmatch '^\s*\d{1,5}\s*$') { throw ($nt + '\CurrentBuildNumber is not a build') }
    if ($null -ne $other -and $other -match '^\s*\d{1,5}\s*$' -and [int]$other -ne [int]$build) {
        throw ($nt + ' contradicts itself: the build is ' + $build + ' and ' + $other)
    }
    return [int]$build
}

function Get-Role {
    $types = @{ 'WinNT' = 'workstation'; 'ServerNT' = 'server'; 'LanmanNT' = 'domain-controller' }
    $type = Get-TextValue ($control + '\ProductOptions') 'ProductType'
    if ($null -eq $type -or -not $types.ContainsKey($type)) { return 'unknown' }
    $role = $types[$type]
    $installed = Get-TextValue $nt 'InstallationType'
    if ($null -ne $installed) {
        $is_server = $installed -match '^\s*Server(\s|$)'
        $is_client = $installed -eq 'Client'
        if ($role -eq 'server' -and $is_client -and (Get-TextValue $nt 'EditionID') -eq 'ServerRdsh') { $role = 'workstation' }
        $contradicts = ($role -eq 'workstation' -and $is_server) -or
            ($role -eq 'server' -and $is_client) -or
            ($role -eq 'domain-controller' -and $is_client)
        if ($contradicts) { throw ('ProductType is ' + $type + ', but InstallationType is ' + $installed) }
    }
    return $role
}

function Format-System {
    $version = Get-Release
    $build = Get-Build
    $revision = Get-NumberValue $nt 'UBR'
    if ($null -eq $revision) { $revision = 'null' }
    $pack = Get-TextValue $nt 'CSDVersion'
    if ($null -ne $pack -and $pack.Trim() -eq '') { $pack = $null }
    $pack_number = 0
    if ($null -ne $pack) {
        if ($pack -notmatch '^\D*?(\d{1,3})[A-Za-z]?(?=$|[,\s])') { throw ($nt + '\CSDVersion is not a service pack') }
        $pack_number = [int]$matches[1]
    }
    $stored = Get-NumberValue ($control + '\Windows') 'CSDVersion'
    if ($null -ne $stored) {
        $from_number = ([int]$stored -band 0xff00) / 256
        if (($null -eq $pack -and $stored -ne 0) -or ($null -ne $pack -and $from_number -ne $pack_number)) {
            throw ('the service pack is ' + $pack_number + ' in ' + $nt + ' and ' + $from_number + ' in ' + $control +
                '\Windows; one may be waiting for a restart')
        }
    }
    $name = Get-TextValue $nt 'ProductName'
    if ($null -eq $name) { $name = 'Microsoft Windows NT' }
    $suites = New-Object System.Collections.ArrayList
    $stored = Get-Value ($control + '\ProductOptions') 'ProductSuite' @([string[]], [string])
    foreach ($suite in @($stored)) {
        if ($null -ne $suite -and $suite.Trim() -ne '') { [void]$suites.Add((Format-Text $suite)) }
    }
    $language = Get-TextValue ($control + '\Nls\Language') 'InstallLanguage'
    if ($null -eq $language) { $language = Get-TextValue ($control + '\Nls\Language') 'Default' }
    if ($null -ne $language -and $language -match '^\s*(?:[0-9A-Fa-f]{4})?([0-9A-Fa-f]{4})\s*$') {
        $language = [Convert]::ToInt32($matches[1], 16)
    } else { $language = 'null' }
    $architecture = Get-TextValue ($control + '\Session Manager\Environment') 'PROCESSOR_ARCHITECTURE'
    $computer = Get-TextValue ($control + '\ComputerName\ComputerName') 'ComputerName'
    return '{"known":{"system":{"computer_name":' + (Format-Optional $computer) + ',"product_name":' + (Format-Text $name) +
        ',"version":' + (Format-Text $version) + ',"build":' + $build + ',"revision":' + $revision +
        ',"service_pack_name":' + (Format-Optional $pack) + ',"service_pack":' + $pack_number +
        ',"role":"' + (Get-Role) + '","suites":[' + ($suites.ToArray() -join ',') + '],"architecture":' +
        (Format-Optional $architecture) + ',"language":' + $language + ',"windows_folder":' + (Format-Text $env:SystemRoot) + '}}}'
}

# The service in a key; $null for a key that is none, or one that is marked for deletion.
function Format-Service([string]$name) {
    $path = $service_list + '\' + $name
    $type = $null
    $is_known = $true
    try { $type = Get-NumberValue $path 'Type' } catch {
        # Another type than a number is the script's own error; any other error makes the service unknown.
        if ($_.Exception.GetBaseException() -isnot [System.Management.Automation.RuntimeException]) { throw }
        $is_known = $false
    }
    if ($is_known -and $null -eq $type) { return $null }
    $deleted = 0
    try { $deleted = Get-NumberValue $path 'DeleteFlag' } catch { }
    if ($deleted -gt 0) { return $null }
    $is_driver = $is_known -and ($type -band 15) -ne 0
    $starts = @('boot', 'system', 'automatic', 'manual', 'disabled')
    $start = 'unknown'
    if ($is_known) {
        try {
            $number = Get-NumberValue $path 'Start'
            if ($null -ne $number -and $number -ge 0 -and $number -le 4) { $start = $starts[$number] }
        } catch { }
    }
    $texts = @{}
    foreach ($value in @('DisplayName', 'ObjectName', 'ImagePath')) {
        $texts[$value] = $null
        try { $texts[$value] = Get-TextValue $path $value } catch { }
    }
    if ($is_driver) { $texts['ObjectName'] = $null }
    return '{"name":' + (Format-Text $name) + ',"display_name":' + (Format-Optional $texts['DisplayName']) + ',"start":"' + $start +
        '","account":' + (Format-Optional $texts['ObjectName']) + ',"image_path":' + (Format-Optional $texts['ImagePath']) +
        ',"driver":' + (Format-Flag $is_driver) + '}'
}

function Format-Services {
    $key = Open-Key $service_list
    if ($null -eq $key) { return '"absent"' }
    try { $names = $key.GetSubKeyNames() } finally { $key.Close() }
    $services = New-Object System.Collections.ArrayList
    foreach ($name in $names) {
        try { $service = Format-Service $name } catch {
            $service = '{"name":' + (Format-Text $name) +
                ',"display_name":null,"start":"unknown","account":null,"image_path":null,"driver":false}'
        }
        if ($null -ne $service) { [void]$services.Add($service) }
    }
    return '{"known":{"services":[' + ($services.ToArray() -join ',') + ']}}'
}

# A remark or comment that begins as a marker of damage does is given one more bracket.
function Format-Remark([string]$text) {
    if ($text.StartsWith('(unreadable:') -or $text.StartsWith('(tampered:')) { $text = '(' + $text }
    return $text
}

function Format-Shares {
    $list = $service_list + '\LanmanServer\Shares'
    $key = Open-Key $list
    if ($null -eq $key) { return '{"known":{"shares":[]}}' }
    $shares = New-Object System.Collections.ArrayList
    try {
        foreach ($name in $key.GetValueNames()) {
            $lines = $key.GetValue($name, $null, $unexpanded)
            $settings = @{ 'Type' = '0'; 'Path' = ''; 'Remark' = '' }
            $damage = ''
            if ($lines -is [string[]]) {
                foreach ($line in $lines) {
                    $at = $line.IndexOf('=')
                    if ($at -gt 0) { $settings[$line.Substring(0, $at).Trim()] = $line.Substring($at + 1) }
                }
            } else { $damage = 'bad type of the share: expected REG_MULTI_SZ' }
            $kind = [long]0
            if ($damage -eq '' -and [long]::TryParse($settings['Type'].Trim(), [ref]$kind) -and ($kind -band 255) -ne 0) {
                continue
            }
            $permissions = 'null'
            try {
                $bytes = Get-Value ($list + '\Security') $name @([byte[]])
                if ($null -ne $bytes) { $permissions = Format-Descriptor $bytes }
            } catch { $damage = $_.Exception.GetBaseException().Message }
            $remark = Format-Remark $settings['Remark']
            if ($damage -ne '') {
                $permissions = '{"owner":null,"access":null}'
                $remark = ('(unreadable: ' + $damage.Replace('(', '[').Replace(')', ']') + ') ' + $remark).TrimEnd()
            }
            if ($remark -eq '') { $remark = $null }
            [void]$shares.Add('{"name":' + (Format-Text $name) + ',"path":' + (Format-Text $settings['Path']) +
                ',"remark":' + (Format-Optional $remark) + ',"permissions":' + $permissions + '}')
        }
    } finally { $key.Close() }
    return '{"known":{"shares":[' + ($shares.ToArray() -join ',') + ']}}'
}

function Format-Volumes {
    $volumes = New-Object System.Collections.ArrayList
    foreach ($drive in [System.IO.DriveInfo]::GetDrives()) {
        if ($drive.DriveType -ne [System.IO.DriveType]::Fixed) { continue }
        $system = $null
        try { $system = $drive.DriveFormat } catch { }
        [void]$volumes.Add('{"drive":' + (Format-Text $drive.Name.TrimEnd('\')) + ',"file_system":' + (Format-Optional $system) +
            ',"fixed":true}')
    }
    return '{"known":{"volumes":[' + ($volumes.ToArray() -join ',') + ']}}'
}

# The profiles of people, and the reason why nothing is known of the settings of those who are not logged on.
function Write-Profiles([hashtable]$names) {
    $list = $nt + '\ProfileList'
    $people = New-Object System.Collections.ArrayList
    $away = New-Object System.Collections.ArrayList
    $answer = ''
    try {
        $key = Open-Key $list
        $sids = @()
        if ($null -ne $key) { try { $sids = $key.GetSubKeyNames() } finally { $key.Close() } }
        $loaded = [Microsoft.Win32.Registry]::Users.GetSubKeyNames()
        foreach ($sid in $sids) {
            if ($sid -notmatch '^S-1-(5-21|12-1)-[0-9-]+$') { continue }
            $path = $null
            $is_known = $true
            try { $path = Get-TextValue ($list + '\' + $sid) 'ProfileImagePath' } catch { $is_known = $false }
            if ($is_known -and $null -eq $path) { continue }
            $path = [string]$path
            $name = $sid
            $end = $path.TrimEnd('\').Split([char[]]'\')
            if ($end[$end.Length - 1] -ne '') { $name = $end[$end.Length - 1] }
            if ($names.ContainsKey($sid)) { $name = $names[$sid] }
            $is_loaded = $loaded -contains $sid
            if (-not $is_loaded) { [void]$away.Add($sid) }
            [void]$people.Add('{"sid":' + (Format-Text $sid) + ',"path":' + (Format-Text $path) + ',"name":' + (Format-Text $name) +
                ',"loaded":' + (Format-Flag $is_loaded) + '}')
        }
        $answer = '{"known":{"profiles":[' + ($people.ToArray() -join ',') + ']}}'
    } catch { $answer = Format-Failure $_ }
    foreach ($sid in $away) {
        $reason = Format-Unreadable 'the user is not logged on, and the script loads no hives'
        Write-Answer ('{"registry-key":' + (Format-Text ('HKU\' + $sid)) + '}') $reason
    }
    if ($collect['profiles']) { Write-Answer '"profiles"' $answer }
}
