# --- Files: version, size, time and checksum, the names in folders, and the texts that are asked for.

$most_files = 16384
$stretch = 65536
$most_text = 4194304
# Offline, recall on open, recall on data access: reading the file would make the machine fetch it.
$elsewhere = 0x441000
$epoch = 621355968000000000

$places = @{ 'systemdrive' = $env:SystemDrive; 'windir' = $env:SystemRoot; 'systemroot' = $env:SystemRoot }
foreach ($place in @(
    @('programfiles', 'ProgramFilesDir'), @('commonprogramfiles', 'CommonFilesDir'),
    @('programfiles(x86)', 'ProgramFilesDir (x86)'), @('commonprogramfiles(x86)', 'CommonFilesDir (x86)')
)) {
    try { $places[$place[0]] = Get-TextValue 'HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion' $place[1] } catch { }
}

# The full path of a path as plugins write it. $null if the variable at its start names nothing on this machine; an empty text
# if it is no path of a drive.
function Get-FullPath([string]$path) {
    $full = $path.Replace('/', '\')
    if ($full -match '^%([^%]+)%(.*)$') {
        $name = $matches[1].ToLowerInvariant()
        $rest = $matches[2]
        if ('systemdrive', 'windir', 'systemroot', 'programfiles', 'commonprogramfiles', 'programfiles(x86)',
            'commonprogramfiles(x86)' -notcontains $name) { return '' }
        if ([string]::IsNullOrEmpty($places[$name])) { return $null }
        if ($rest -ne '' -and -not $rest.StartsWith('\')) { return '' }
        $full = ([string]$places[$name]).TrimEnd('\') + $rest
    }
    $full = [regex]::Replace($full, '\\+', '\')
    if ($full -notmatch '^[A-Za-z]:(\\|$)' -or $full -match '(^|\\)\.{1,2}(\\|$)') { return '' }
    if ($full.Length -eq 2) { return $full + '\' }
    return $full
}

function Format-File([string]$path, [bool]$with_checksum) {
    $full = Get-FullPath $path
    if ($null -eq $full) { return '"absent"' }
    if ($full -eq '') { return '"unsupported"' }
    if ($full.IndexOfAny([System.IO.Path]::GetInvalidPathChars()) -ge 0 -or $full -match '[*?]') { return '"absent"' }
    $attributes = [int][System.IO.File]::GetAttributes($full)
    if (($attributes -band 0x10) -ne 0) { return '"absent"' }
    if (($attributes -band $elsewhere) -ne 0) { return Format-Unreadable 'its content is stored elsewhere' }
    $file = New-Object System.IO.FileInfo $full
    $found = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($full)
    $parts = @($found.FileMajorPart, $found.FileMinorPart, $found.FileBuildPart, $found.FilePrivatePart)
    $version = 'null'
    if ($null -ne $found.FileVersion -or ($parts -join '.') -ne '0.0.0.0') {
        $version = '{"major":' + $parts[0] + ',"minor":' + $parts[1] + ',"build":' + $parts[2] + ',"revision":' + $parts[3] + '}'
    }
    $checksum = 'null'
    if ($with_checksum) { $checksum = Get-Checksum $full }
    $modified = [long][Math]::Floor([decimal]($file.LastWriteTimeUtc.Ticks - $epoch) / 10000000)
    return '{"known":{"file":{"version":' + $version + ',"checksum":' + $checksum + ',"size":' + $file.Length +
        ',"modified":' + $modified + ',"language":null}}}'
}

# Opens a file that others may have open.
function Open-Stream([string]$full) {
    return New-Object System.IO.FileStream $full, ([System.IO.FileMode]::Open), ([System.IO.FileAccess]::Read), (
        [System.IO.FileShare]'ReadWrite, Delete')
}

function Read-Bytes($stream, [long]$offset, [int]$length) {
    $buffer = New-Object 'byte[]' $length
    [void]$stream.Seek($offset, [System.IO.SeekOrigin]::Begin)
    $filled = 0
    while ($filled -lt $length) {
        $count = $stream.Read($buffer, $filled, $length - $filled)
        if ($count -le 0) { break }
        $filled += $count
    }
    if ($filled -lt $length) {
        $whole = $buffer
        $buffer = New-Object 'byte[]' $filled
        [Array]::Copy($whole, $buffer, $filled)
    }
    return ,$buffer
}

# The image checksum as MapFileAndCheckSum computes it: the sum of the file's 16-bit words with end-around carry, less the sum
# that its header holds, and the file's size.
function Get-Checksum([string]$full) {
    $stream = Open-Stream $full
    try {
        $size = $stream.Length
        $stored = 0
        $start = Read-Bytes $stream 0 64
        if ($start.Length -eq 64 -and $start[0] -eq 0x4d -and $start[1] -eq 0x5a) {
            $header = Read-Bytes $stream ([BitConverter]::ToUInt32($start, 60)) 92
            if ($header.Length -eq 92 -and [BitConverter]::ToUInt32($header, 0) -eq 0x4550) {
                $stored = [long][BitConverter]::ToUInt32($header, 88)
            }
        }
        # Since Windows PowerShell 3.0.
        $big = 'bigint' -as [type]
        $sum = [long]0
        for ($offset = [long]0; $offset -lt $size; $offset += 1048576) {
            $bytes = Read-Bytes $stream $offset 1048576
            if ($bytes.Length -eq 0) { break }
            # A number of 8 bytes is always positive if its last byte is 0, and so is a large one.
            $padded = New-Object 'byte[]' ([int](8 * [Math]::Ceiling([decimal]($bytes.Length + 1) / 8)))
            [Array]::Copy($bytes, $padded, $bytes.Length)
            if ($null -ne $big) {
                # 65536 is 1 modulo 65535: the remainder of the number is that of the sum of its words.
                $number = New-Object $big.FullName (,$padded)
                $part = [long]$big::Remainder($number, 65535)
                if ($part -eq 0 -and -not $number.IsZero) { $part = 65535 }
                $sum += $part
            } else {
                for ($at = 0; $at -lt $padded.Length; $at += 4) { $sum += [BitConverter]::ToUInt32($padded, $at) }
            }
        }
    } finally { $stream.Close() }
    while ($sum -gt 65535) { $sum = ($sum -band 65535) + [long][Math]::Floor([decimal]$sum / 65536) }
    foreach ($half in @(($stored -band 65535), [long][Math]::Floor([decimal]$stored / 65536))) {
        if ($sum -ge $half) { $sum -= $half } else { $sum += 65535 - $half }
    }
    return ($sum + $size) -band 4294967295
}

function Format-Folder([string]$path) {
    $full = Get-FullPath $path
    if ($null -eq $full) { return '"absent"' }
    if ($full -eq '') { return '"unsupported"' }
    if (([int][System.IO.File]::GetAttributes($full) -band 0x10) -eq 0) { return '"absent"' }
    $found = (New-Object System.IO.DirectoryInfo $full).GetFileSystemInfos()
    $names = New-Object 'string[]' $found.Length
    $lines = New-Object 'string[]' $found.Length
    for ($at = 0; $at -lt $found.Length; $at++) {
        $is_folder = ([int]$found[$at].Attributes -band 0x10) -ne 0
        $names[$at] = $found[$at].Name
        $lines[$at] = '{"name":' + (Format-Text $found[$at].Name) + ',"directory":' + (Format-Flag $is_folder) + '}'
    }
    [Array]::Sort($names, $lines, $comparer)
    $truncated = $lines.Length -gt $most_files
    if ($truncated) { $lines = $lines[0..($most_files - 1)] }
    return '{"known":{"directory":{"entries":[' + ($lines -join ',') + '],"truncated":' + (Format-Flag $truncated) + '}}}'
}

function Format-FilePermissions([string]$path) {
    $full = Get-FullPath $path
    if ($null -eq $full) { return '"absent"' }
    if ($full -eq '') { return '"unsupported"' }
    $sections = [System.Security.AccessControl.AccessControlSections]'Owner, Access'
    if (([int][System.IO.File]::GetAttributes($full) -band 0x10) -ne 0) {
        $security = New-Object System.Security.AccessControl.DirectorySecurity $full, $sections
    } else {
        $security = New-Object System.Security.AccessControl.FileSecurity $full, $sections
    }
    $bytes = $security.GetSecurityDescriptorBinaryForm()
    return '{"known":{"permissions":' + (Format-Descriptor $bytes) + '}}'
}

# Records a path that may be a file or a folder.
function Write-Place([string]$path, [bool]$with_permissions) {
    $name = Format-Text $path
    $is_folder = $false
    $full = Get-FullPath $path
    if (-not [string]::IsNullOrEmpty($full)) {
        try { $is_folder = ([int][System.IO.File]::GetAttributes($full) -band 0x10) -ne 0 } catch { }
    }
    if ($is_folder) { Write-Fact ('{"directory":' + $name + '}') { Format-Folder $path } }
    else { Write-Files @($path) ($checksums.ContainsKey($path.Substring($path.LastIndexOf('\') + 1))) }
    if ($with_permissions) { Write-Fact ('{"file-permissions":' + $name + '}') { Format-FilePermissions $path } }
}

# Calls $visit with every path that a pattern names. Returns whether all of them are known.
function Search-Places([string]$path, [string[]]$parts, [int]$at, [scriptblock]$visit) {
    while ($at -lt $parts.Length -and $parts[$at].IndexOf('*') -lt 0) {
        $path = $path + '\' + $parts[$at]
        $at++
    }
    if ($at -ge $parts.Length) {
        if ($script:found_files -ge $most_files) { return $false }
        $script:found_files++
        [void](& $visit $path)
        return $true
    }
    $full = Get-FullPath $path
    if ($null -eq $full) { return $true }
    if ($full -eq '') { return $false }
    $found = $null
    try { $found = (New-Object System.IO.DirectoryInfo $full).GetFileSystemInfos() } catch {
        return (Format-Failure $_) -eq '"absent"'
    }
    $matcher = Get-Matcher $parts[$at]
    $is_whole = $true
    foreach ($entry in $found) {
        if ($entry.Name -notmatch $matcher) { continue }
        if (-not (Search-Places ($path + '\' + $entry.Name) $parts ($at + 1) $visit)) { $is_whole = $false }
    }
    return $is_whole
}

function Write-Places([string]$kind, [string[]]$patterns, [bool]$with_permissions) {
    $visit = {
        param([string]$path)
        if ($kind -eq 'text') { Write-Texts $path } else { Write-Place $path $with_permissions }
    }
    foreach ($pattern in $patterns) {
        $parts = $pattern.Split([char[]]'\')
        $script:found_files = 0
        if (Search-Places $parts[0] $parts 1 $visit) { Write-Complete $kind $pattern }
    }
}

function Write-Files([string[]]$paths, [bool]$with_checksum) {
    foreach ($path in $paths) {
        $kind = 'file-version'
        if ($with_checksum) { $kind = 'file' }
        Write-Fact ('{"' + $kind + '":' + (Format-Text $path) + '}') { Format-File $path $with_checksum }
    }
}

# --- Texts

$strict = New-Object System.Text.UTF8Encoding $false, $true

# Decodes a stretch of a file: by its byte order mark, else as UTF-8, else as Windows-1252. A character that the end of a
# stretch cuts becomes U+FFFD.
function Get-Decoded([byte[]]$start, [byte[]]$bytes, [bool]$is_utf8) {
    $lost = [string][char]0xfffd
    if ($start.Length -ge 2 -and $start[0] -eq 0xff -and $start[1] -eq 0xfe) {
        return [System.Text.Encoding]::Unicode.GetString($bytes)
    }
    if ($start.Length -ge 2 -and $start[0] -eq 0xfe -and $start[1] -eq 0xff) {
        return [System.Text.Encoding]::BigEndianUnicode.GetString($bytes)
    }
    if (-not $is_utf8) {
        $text = [System.Text.Encoding]::GetEncoding(1252).GetString($bytes)
        return [regex]::Replace($text, '[\u0081\u008d\u008f\u0090\u009d]', $lost)
    }
    $from = 0
    while ($from -lt $bytes.Length -and $from -lt 3 -and ($bytes[$from] -band 0xc0) -eq 0x80) { $from++ }
    $to = $bytes.Length
    for ($back = 1; $back -le 3 -and $to - $back -ge $from; $back++) {
        $byte = $bytes[$bytes.Length - $back]
        if (($byte -band 0xc0) -eq 0x80) { continue }
        $needed = 1
        if ($byte -ge 0xc0) { $needed = 2 }
        if ($byte -ge 0xe0) { $needed = 3 }
        if ($byte -ge 0xf0) { $needed = 4 }
        if ($needed -gt $back) { $to = $bytes.Length - $back }
        break
    }
    $text = $utf8.GetString($bytes, $from, $to - $from)
    if ($from -gt 0) { $text = $lost + $text }
    if ($to -lt $bytes.Length) { $text = $text + $lost }
    return $text
}

function Format-Stretch([string]$text, [long]$size) {
    return '{"known":{"text":{"text":' + (Format-Text $text) + ',"size":' + $size + '}}}'
}

# Records the text of a file, in stretches of 64 KiB.
function Write-Texts([string]$path) {
    $question = '{"text":{"path":' + (Format-Text $path) + ',"offset":'
    $first = $question + '0,"length":65536}}'
    $full = Get-FullPath $path
    if ($null -eq $full) { Write-Answer $first '"absent"'; return }
    if ($full -eq '') { Write-Answer $first '"unsupported"'; return }
    $denied = '{"denied":"it holds accounts or secrets, which never leave the machine"}'
    $system = $env:SystemRoot.TrimEnd('\')
    foreach ($folder in @('\system32\config', '\repair', '\ntds')) {
        if (($full + '\').StartsWith($system + $folder + '\', [StringComparison]::OrdinalIgnoreCase)) {
            Write-Answer $first $denied
            return
        }
    }
    try {
        $attributes = [int][System.IO.File]::GetAttributes($full)
        if (($attributes -band 0x10) -ne 0) { Write-Answer $first '"absent"'; return }
        if (($attributes -band $elsewhere) -ne 0) {
            Write-Answer $first (Format-Unreadable 'its content is stored elsewhere')
            return
        }
        $stream = Open-Stream $full
        try {
            $size = $stream.Length
            $start = Read-Bytes $stream 0 8
            # A registry hive, or the accounts of a domain.
            $is_hive = $start.Length -ge 4 -and [BitConverter]::ToUInt32($start, 0) -eq 0x66676572
            $is_database = $start.Length -eq 8 -and ($start[4..7] -join ' ') -eq '239 205 171 137'
            if ($is_hive -or $is_database) { Write-Answer $first $denied; return }
            $whole = Read-Bytes $stream 0 ([int][Math]::Min($size, $most_text))
        } finally { $stream.Close() }
        $is_utf8 = $true
        try { [void]$strict.GetCharCount($whole) } catch { $is_utf8 = $false }
        $offset = 0
        do {
            $length = [Math]::Min($stretch, $whole.Length - $offset)
            $bytes = New-Object 'byte[]' $length
            [Array]::Copy($whole, $offset, $bytes, 0, $length)
            $text = Get-Decoded $start $bytes $is_utf8
            if ($offset -eq 0) { $text = $text.TrimStart([char]0xfeff) }
            Write-Answer ($question + $offset + ',"length":65536}}') (Format-Stretch $text $size)
            $offset += $stretch
        } while ($offset -lt $whole.Length)
    } catch { Write-Answer $first (Format-Failure $_) }
}

# --- Files that may lie anywhere: looked for in the folders that the registry names.

# Adds the folders that a key's texts name to $script:folders.
function Search-Folders([string]$path) {
    $key = $null
    try {
        $key = Open-Key $path
        if ($null -eq $key) { return }
        foreach ($name in $key.GetValueNames()) {
            $data = $key.GetValue($name, $null, $unexpanded)
            if ($data -isnot [string]) { continue }
            $text = (Get-TextBeforeNul $data).Trim().Trim('"').TrimEnd('\')
            if ($text -match '^([A-Za-z]:\\|%[A-Za-z()0-9]+%\\)[^"*?<>|]+$' -and $script:folders.Count -lt 512) {
                $script:folders[$text] = $true
                $parent = $text.Substring(0, $text.LastIndexOf('\'))
                $script:folders[$parent] = $true
            }
        }
    } catch { } finally { if ($null -ne $key) { $key.Close() } }
}

# Records what the tails of patterns (Binn\*, mso.dll) name below the folders that these keys name. A folder may itself end as
# a tail begins.
function Write-Anywhere([string]$kind, [string[]]$tails, [string[]]$keys, [bool]$with_permissions) {
    $script:folders = New-Object System.Collections.Hashtable $comparer
    foreach ($pattern in $keys) { [void](Search-Keys $pattern { param([string]$path) Search-Folders $path }) }
    $folders = @($script:folders.Keys)
    [Array]::Sort($folders, $comparer)
    $patterns = New-Object System.Collections.ArrayList
    foreach ($folder in $folders) {
        $ends = $folder.Split([char[]]'\')
        foreach ($tail in $tails) {
            $parts = $tail.Split([char[]]'\')
            for ($shared = 0; $shared -le $parts.Length -and $shared -lt $ends.Length; $shared++) {
                $is_shared = $true
                for ($at = 0; $at -lt $shared; $at++) {
                    if ($ends[$ends.Length - $shared + $at] -notmatch (Get-Matcher $parts[$at])) { $is_shared = $false }
                }
                if (-not $is_shared) { continue }
                $path = $folder
                for ($at = $shared; $at -lt $parts.Length; $at++) { $path = $path + '\' + $parts[$at] }
                [void]$patterns.Add($path)
            }
        }
    }
    if ($patterns.Count -gt 0) { Write-Places $kind ($patterns.ToArray()) $with_permissions }
}

# --- Files that wait for the next restart to take the place of an update's file.

function Write-Waiting([string[]]$folders) {
    $pending = New-Object System.Collections.ArrayList
    foreach ($name in @('PendingFileRenameOperations', 'PendingFileRenameOperations2')) {
        try {
            $lines = Get-Value 'HKLM\SYSTEM\CurrentControlSet\Control\Session Manager' $name @([string[]])
            foreach ($line in @($lines)) { if ($line) { [void]$pending.Add(($line -replace '^[!*0-9]*\\\?\?\\', '')) } }
        } catch { }
    }
    if ($pending.Count -eq 0) { return }
    foreach ($folder in $folders) {
        $full = Get-FullPath $folder
        if ([string]::IsNullOrEmpty($full)) { continue }
        foreach ($path in $pending) {
            $at = $path.LastIndexOf('\')
            if ($at -gt 0 -and $path.Substring(0, $at) -eq $full.TrimEnd('\')) {
                Write-Files @($folder + $path.Substring($at)) $false
            }
        }
    }
}
