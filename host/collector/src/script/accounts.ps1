# --- Accounts and groups, from the directory service of this computer (ADSI), and the policies that only the system may read.

function Get-Property($object, [string]$name) {
    try { return ,$object.psbase.Properties[$name].Value } catch { return $null }
}

function Get-Sid($object) {
    $bytes = Get-Property $object 'objectSid'
    if ($null -eq $bytes) { return $null }
    return (New-Object System.Security.Principal.SecurityIdentifier ([byte[]]$bytes), 0).Value
}

function Get-Rid([string]$sid) {
    return $sid.Substring($sid.LastIndexOf('-') + 1)
}

function Get-Seconds([DateTime]$time) {
    return [long][Math]::Floor([decimal]($time.ToUniversalTime().Ticks - $epoch) / 10000000)
}

function Format-Account($user, [string]$sid) {
    $flags = [int](Get-Property $user 'UserFlags')
    $last_logon = 'null'
    $time = Get-Property $user 'LastLogin'
    if ($time -is [DateTime]) { $last_logon = Get-Seconds $time }
    $password_set = 'null'
    $age = Get-Property $user 'PasswordAge'
    if ($age -is [int] -and $age -gt 0) { $password_set = Get-Seconds ([DateTime]::UtcNow.AddSeconds(-$age)) }
    return '{"name":' + (Format-Text $user.psbase.Name) + ',"rid":' + (Get-Rid $sid) +
        ',"full_name":' + (Format-Text (Get-Property $user 'FullName')) +
        ',"comment":' + (Format-Text (Format-Remark (Get-Property $user 'Description'))) +
        ',"disabled":' + (Format-Flag (($flags -band 0x2) -ne 0)) + ',"locked":' + (Format-Flag (($flags -band 0x10) -ne 0)) +
        ',"password_never_expires":' + (Format-Flag (($flags -band 0x10000) -ne 0)) +
        ',"password_not_required":' + (Format-Flag (($flags -band 0x20) -ne 0)) +
        ',"password":"unknown","last_logon":' + $last_logon + ',"password_set":' + $password_set + '}'
}

function Format-Member($member, [hashtable]$names) {
    $type = $member.GetType()
    $bytes = $type.InvokeMember('objectSid', 'GetProperty', $null, $member, $null)
    $sid = (New-Object System.Security.Principal.SecurityIdentifier ([byte[]]$bytes), 0).Value
    $name = $null
    if ($names.ContainsKey($sid)) { $name = $names[$sid] }
    elseif ($well_known.ContainsKey($sid)) { $name = $well_known[$sid] }
    return '{"sid":' + (Format-Text $sid) + ',"name":' + (Format-Optional $name) + '}'
}

function Format-Group($group, [string]$sid, [hashtable]$names) {
    $members = New-Object System.Collections.ArrayList
    $is_damaged = $false
    try {
        foreach ($member in @($group.psbase.Invoke('Members'))) {
            try { [void]$members.Add((Format-Member $member $names)) } catch { $is_damaged = $true }
        }
    } catch { $is_damaged = $true }
    if ($is_damaged) { [void]$members.Add('{"sid":"","name":"(unreadable)"}') }
    return '{"name":' + (Format-Text $group.psbase.Name) + ',"rid":' + (Get-Rid $sid) + ',"sid":' + (Format-Text $sid) +
        ',"members":[' + ($members.ToArray() -join ',') + ']}'
}

# Accounts, groups and profiles name each other.
function Write-AccountFacts {
    $names = New-Object System.Collections.Hashtable $comparer
    if (-not ($collect['accounts'] -or $collect['groups'] -or $collect['profiles'])) { return $names }
    $users = New-Object System.Collections.ArrayList
    $groups = New-Object System.Collections.ArrayList
    $failure = $null
    try {
        if ((Get-Role) -eq 'domain-controller') { $failure = '"unsupported"' } else {
            foreach ($child in ([ADSI]('WinNT://' + $env:COMPUTERNAME + ',computer')).psbase.Children) {
                $sid = Get-Sid $child
                if ($null -eq $sid) { continue }
                $names[$sid] = [string]$child.psbase.Name
                if ($child.psbase.SchemaClassName -eq 'User') { [void]$users.Add(@($child, $sid)) }
                if ($child.psbase.SchemaClassName -eq 'Group') { [void]$groups.Add(@($child, $sid)) }
            }
            if ($users.Count -eq 0) { throw 'no account is listed' }
        }
    } catch { $failure = Format-Failure $_ }
    if ($collect['accounts']) {
        Write-Fact '"accounts"' {
            if ($null -ne $failure) { return $failure }
            $list = New-Object System.Collections.ArrayList
            foreach ($user in $users) { [void]$list.Add((Format-Account $user[0] $user[1])) }
            return '{"known":{"accounts":[' + ($list.ToArray() -join ',') + ']}}'
        }
    }
    if ($collect['groups']) {
        Write-Fact '"groups"' {
            if ($null -ne $failure) { return $failure }
            $list = New-Object System.Collections.ArrayList
            foreach ($group in $groups) { [void]$list.Add((Format-Group $group[0] $group[1] $names)) }
            return '{"known":{"groups":[' + ($list.ToArray() -join ',') + ']}}'
        }
    }
    return $names
}

function Get-SystemsOwn([string]$path, [string]$name) {
    try { return ,(Get-Value $path $name @([byte[]])) } catch {
        $cause = $_.Exception.GetBaseException()
        if ($cause -is [System.UnauthorizedAccessException] -or $cause -is [System.Security.SecurityException]) {
            throw 'only the system may read it; run the script as the account SYSTEM (by a scheduled task, say)'
        }
        throw
    }
}

# PolAdtEv: since Windows Vista 16 bits for each subcategory, before 32 bits for each category.
function Format-AuditPolicy {
    $stored = Get-SystemsOwn 'HKLM\SECURITY\Policy\PolAdtEv' ''
    if ($null -eq $stored) { return Format-Unreadable 'the key PolAdtEv holds no policy' }
    $categories = @('System', 'Logon/Logoff', 'Object Access', 'Privilege Use', 'Detailed Tracking', 'Policy Change',
        'Account Management', 'Directory Service Access', 'Account Logon')
    $words = @('none', 'success', 'failure', 'success-and-failure')
    $list = New-Object System.Collections.ArrayList
    $enabled = $false
    $count = [int][Math]::Floor([decimal]($stored.Length - 8) / 4)
    if (($count -eq 9 -or $count -eq 7) -and [BitConverter]::ToUInt32($stored, 4 + 4 * $count) -eq $count) {
        $enabled = $stored[0] -ne 0
        for ($at = 0; $at -lt $count; $at++) {
            $setting = $words[$stored[4 + 4 * $at] -band 3]
            [void]$list.Add('{"name":"' + $categories[$at] + '","setting":"' + $setting + '"}')
        }
    } elseif ($stored.Length -gt 12 -and [BitConverter]::ToUInt16($stored, 4) -eq 9) {
        $counts = [int][BitConverter]::ToUInt16($stored, 8)
        $from = 12
        for ($at = 0; $at -lt 9; $at++) {
            $number = [int][BitConverter]::ToUInt16($stored, $counts + 2 * $at)
            $common = 3
            if ($number -eq 0) { $common = 0 }
            for ($sub = 0; $sub -lt $number; $sub++) {
                $setting = [int][BitConverter]::ToUInt16($stored, $from)
                if ($setting -ne 0) { $enabled = $true }
                $common = $common -band $setting
                $from += 2
            }
            [void]$list.Add('{"name":"' + $categories[$at] + '","setting":"' + $words[$common] + '"}')
        }
        if ($from -ne $counts -and $from + 2 -ne $counts) { return Format-Unreadable 'the key PolAdtEv has an unknown form' }
    } else { return Format-Unreadable 'the key PolAdtEv has an unknown form' }
    return '{"known":{"audit-policy":{"enabled":' + (Format-Flag $enabled) + ',"categories":[' + ($list.ToArray() -join ',') + ']}}}'
}

function Format-PasswordPolicy {
    if ((Get-Role) -eq 'domain-controller') { return '"unsupported"' }
    $stored = Get-SystemsOwn 'HKLM\SAM\SAM\Domains\Account' 'F'
    if ($null -eq $stored -or $stored.Length -lt 86) { return Format-Unreadable 'the policy is damaged' }
    $ticks = [BitConverter]::ToInt64($stored, 24)
    $age = 'null'
    if ($ticks -ne 0 -and $ticks -ne [long]::MinValue) { $age = [long][Math]::Floor([decimal][Math]::Abs($ticks) / 864000000000) }
    $is_complex = ([BitConverter]::ToUInt32($stored, 76) -band 1) -ne 0
    return '{"known":{"password-policy":{"minimum_length":' + [BitConverter]::ToUInt16($stored, 80) +
        ',"history":' + [BitConverter]::ToUInt16($stored, 82) + ',"maximum_age":' + $age +
        ',"complexity":' + (Format-Flag $is_complex) + ',"lockout_threshold":' + [BitConverter]::ToUInt16($stored, 84) + '}}}'
}
