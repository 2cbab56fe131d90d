# --- The registry. Keys are opened for reading only.

$most_keys = 65536
$most_depth = 64
$data_types = @{ 'String' = 1; 'ExpandString' = 2; 'Binary' = 3; 'DWord' = 4; 'MultiString' = 7; 'QWord' = 11 }
$unexpanded = [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames

# Opens a key; $null if there is none. Access that is denied is an error.
function Open-Key([string]$path) {
    $parts = $path.Split([char[]]'\', 2)
    $below = ''
    if ($parts.Length -gt 1) { $below = $parts[1] }
    if ($parts[0] -eq 'HKLM') { return [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($below) }
    if ($parts[0] -eq 'HKU') { return [Microsoft.Win32.Registry]::Users.OpenSubKey($below) }
    if ($parts[0] -eq 'HKCR') { return [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey('SOFTWARE\Classes\' + $below) }
    return $null
}

function Get-TextBeforeNul([string]$text) {
    $nul = $text.IndexOf([char]0)
    if ($nul -ge 0) { return $text.Substring(0, $nul) }
    return $text
}

# The data of a value, by its type. What has another form than its type demands is not interpreted.
function Format-Data($key, [string]$name) {
    $type = $key.GetValueKind($name).ToString()
    $data = $key.GetValue($name, $null, $unexpanded)
    $is_empty = $false
    $json = '{"other":' + [int]$data_types[$type] + '}'
    if ($type -eq 'String' -or $type -eq 'ExpandString') {
        $text = Get-TextBeforeNul $data
        $is_empty = $text.Length -eq 0
        if ($type -eq 'String') { $json = '{"text":' + (Format-Text $text) + '}' }
        else { $json = '{"expand-text":' + (Format-Text $text) + '}' }
    } elseif ($type -eq 'MultiString') {
        $lines = New-Object System.Collections.ArrayList
        foreach ($line in $data) { [void]$lines.Add((Format-Text $line)) }
        # Empty texts at the end end the list; others count.
        while ($lines.Count -gt 0 -and $lines[$lines.Count - 1] -eq '""') { $lines.RemoveAt($lines.Count - 1) }
        $is_empty = $lines.Count -eq 0
        $json = '{"multi-text":[' + ($lines.ToArray() -join ',') + ']}'
    } elseif ($type -eq 'DWord' -and $data -is [int]) {
        $json = '{"dword":' + [BitConverter]::ToUInt32([BitConverter]::GetBytes($data), 0) + '}'
    } elseif ($type -eq 'QWord' -and $data -is [long]) {
        $json = '{"qword":' + [BitConverter]::ToUInt64([BitConverter]::GetBytes($data), 0) + '}'
    } elseif ($type -eq 'Binary' -and $null -ne $data) {
        $is_empty = $data.Length -eq 0
        $json = '{"binary":[' + ($data -join ',') + ']}'
    } elseif ($type -eq 'None') {
        $json = '"none"'
        $is_empty = $true
    } else {
        $is_empty = $true
    }
    # The password of the automatic logon: only whether there is one.
    if ($name -eq 'DefaultPassword' -and -not $is_empty) { return '{"text":"(withheld)"}' }
    return $json
}

# A key's values and the names of its subkeys, up to 1 MiB. The time of the last change is not to be had: 0.
function Format-Key($key) {
    $room = 1048576
    $truncated = $false
    $values = New-Object System.Collections.ArrayList
    foreach ($name in $key.GetValueNames()) {
        $room -= $name.Length
        if ($values.Count -eq 4096 -or $room -lt 0) { $truncated = $true; break }
        $data = Format-Data $key $name
        if ($data.Length -gt $room) { $data = '{"other":' + [int]$data_types[$key.GetValueKind($name).ToString()] + '}' }
        $room -= $data.Length
        [void]$values.Add('{"name":' + (Format-Text $name) + ',"data":' + $data + '}')
    }
    $subkeys = New-Object System.Collections.ArrayList
    $room = 2097152
    foreach ($name in $key.GetSubKeyNames()) {
        $room -= $name.Length
        if ($subkeys.Count -eq 16384 -or $room -lt 0) { $truncated = $true; break }
        [void]$subkeys.Add((Format-Text $name))
    }
    return '{"known":{"registry-key":{"values":[' + ($values.ToArray() -join ',') + '],"subkeys":[' +
        ($subkeys.ToArray() -join ',') + '],"truncated":' + (Format-Flag $truncated) + ',"last_written":0}}}'
}

# Accounts and secrets do not leave the machine. Whether the automatic logon keeps its password there may be known.
function Format-KeyAnswer([string]$path) {
    $is_secret = $path -match '^HKLM\\(SAM|SECURITY)(\\|$)'
    if ($is_secret -and $path -ne 'HKLM\SECURITY\Policy\Secrets\DefaultPassword') {
        return '{"denied":"accounts and secrets are kept in this key; its raw values never leave the machine"}'
    }
    $key = Open-Key $path
    if ($null -eq $key) { return '"absent"' }
    try {
        if ($is_secret) {
            return '{"known":{"registry-key":{"values":[],"subkeys":[],"truncated":false,"last_written":0}}}'
        }
        return Format-Key $key
    } finally { $key.Close() }
}

function Format-KeyPermissions([string]$path) {
    $key = Open-Key $path
    if ($null -eq $key) { return '"absent"' }
    try {
        $security = $key.GetAccessControl([System.Security.AccessControl.AccessControlSections]'Owner, Access')
        $bytes = $security.GetSecurityDescriptorBinaryForm()
        return '{"known":{"permissions":' + (Format-Descriptor $bytes) + '}}'
    } finally { $key.Close() }
}

# Owner and access list of a self-relative security descriptor.
function Format-Descriptor([byte[]]$bytes) {
    $descriptor = New-Object System.Security.AccessControl.RawSecurityDescriptor $bytes, 0
    $owner = $null
    if ($null -ne $descriptor.Owner) { $owner = $descriptor.Owner.Value }
    $access = 'null'
    if ($null -ne $descriptor.DiscretionaryAcl) {
        $entries = New-Object System.Collections.ArrayList
        foreach ($ace in $descriptor.DiscretionaryAcl) {
            $type = ''
            if ($ace -is [System.Security.AccessControl.QualifiedAce]) {
                if ($ace.AceQualifier -eq [System.Security.AccessControl.AceQualifier]::AccessAllowed) { $type = 'allow' }
                if ($ace.AceQualifier -eq [System.Security.AccessControl.AceQualifier]::AccessDenied) { $type = 'deny' }
            }
            if ($type -eq '') { continue }
            $mask = [BitConverter]::ToUInt32([BitConverter]::GetBytes([int]$ace.AccessMask), 0)
            $inherit_only = ($ace.AceFlags -band [System.Security.AccessControl.AceFlags]::InheritOnly) -ne 0
            [void]$entries.Add('{"access_type":"' + $type + '","sid":' + (Format-Text $ace.SecurityIdentifier.Value) +
                ',"mask":' + $mask + ',"inherit_only":' + (Format-Flag $inherit_only) + '}')
        }
        $access = '[' + ($entries.ToArray() -join ',') + ']'
    }
    return '{"owner":' + (Format-Optional $owner) + ',"access":' + $access + '}'
}

# The regular expression of a pattern's component, in which * is any text.
function Get-Matcher([string]$component) {
    return '(?s)^' + [regex]::Escape($component).Replace('\*', '.*') + '\z'
}

# Calls $visit with every key that a pattern names. $at is the number of components that are resolved.
function Expand-Keys([string]$path, [string[]]$parts, [int]$at, [scriptblock]$visit) {
    if ($script:visited -ge $most_keys) { $script:is_whole = $false; return }
    if ($at -ge $parts.Length) {
        $script:visited++
        & $visit $path
        return
    }
    $part = $parts[$at]
    if ($part.IndexOf('*') -lt 0) {
        Expand-Keys ($path + '\' + $part) $parts ($at + 1) $visit
        return
    }
    $names = $null
    try {
        $key = Open-Key $path
        if ($null -eq $key) { return }
        try { $names = $key.GetSubKeyNames() } finally { $key.Close() }
    } catch {
        # Nothing below it is known.
        Write-Answer ('{"registry-key":' + (Format-Text $path) + '}') (Format-Failure $_)
        return
    }
    if ($part -eq '**') {
        Expand-Keys $path $parts ($at + 1) $visit
        if ($path.Split([char[]]'\').Length -gt $most_depth) { $script:is_whole = $false; return }
        foreach ($name in $names) { Expand-Keys ($path + '\' + $name) $parts $at $visit }
        return
    }
    $matcher = Get-Matcher $part
    foreach ($name in $names) {
        if ($name -match $matcher) { Expand-Keys ($path + '\' + $name) $parts ($at + 1) $visit }
    }
}

# Returns whether every key of the pattern was visited.
function Search-Keys([string]$pattern, [scriptblock]$visit) {
    $parts = $pattern.Split([char[]]'\')
    $script:visited = 0
    $script:is_whole = $true
    [void](Expand-Keys $parts[0] $parts 1 $visit)
    return $script:is_whole
}

function Write-Keys([string[]]$patterns, [bool]$with_permissions) {
    foreach ($pattern in $patterns) {
        $visit = {
            param([string]$path)
            $name = Format-Text $path
            Write-Fact ('{"registry-key":' + $name + '}') { Format-KeyAnswer $path }
            if ($with_permissions -and $script:visited -le 1000) {
                Write-Fact ('{"registry-permissions":' + $name + '}') { Format-KeyPermissions $path }
            }
        }
        if (Search-Keys $pattern $visit) { Write-Complete 'registry' $pattern }
    }
}

function Write-Values($values) {
    foreach ($value in $values) {
        $path = $value[0]
        $name = $value[1]
        $question = '{"registry-value":{"key":' + (Format-Text $path) + ',"name":' + (Format-Text $name) + '}}'
        Write-Fact $question {
            if ($path -match '^HKLM\\(SAM|SECURITY)(\\|$)') { return Format-KeyAnswer 'HKLM\SECURITY' }
            $key = Open-Key $path
            if ($null -eq $key) { return '"absent"' }
            try {
                if (@($key.GetValueNames()) -notcontains $name) { return '"absent"' }
                return '{"known":{"registry-value":' + (Format-Data $key $name) + '}}'
            } finally { $key.Close() }
        }
    }
}

# A value of one of these .NET types, or $null if it is absent; another type is an error.
function Get-Value([string]$path, [string]$name, [type[]]$types) {
    $key = Open-Key $path
    if ($null -eq $key) { return $null }
    try { $data = $key.GetValue($name, $null, $unexpanded) } finally { $key.Close() }
    if ($null -eq $data) { return $null }
    foreach ($type in $types) {
        if ($data -is $type) {
            if ($data -is [string]) { return Get-TextBeforeNul $data }
            return ,$data
        }
    }
    throw ($path + '\' + $name + ' has an unexpected type')
}

function Get-TextValue([string]$path, [string]$name) { return Get-Value $path $name @([string]) }
function Get-NumberValue([string]$path, [string]$name) { return Get-Value $path $name @([int]) }
