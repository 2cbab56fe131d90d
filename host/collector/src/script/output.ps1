# --- The recording: questions and answers as JSON, in UTF-8. Windows PowerShell 2.0 has no ConvertTo-Json.

# Without a byte order mark.
$utf8 = New-Object System.Text.UTF8Encoding $false
$comparer = [System.StringComparer]::OrdinalIgnoreCase
$recorded = New-Object System.Collections.Hashtable $comparer
$complete = New-Object System.Collections.ArrayList
$unusual = New-Object System.Text.RegularExpressions.Regex '[\x00-\x1f\ud800-\udfff]'

function Format-Text([string]$text) {
    $text = $text.Replace('\', '\\').Replace('"', '\"')
    if (-not $unusual.IsMatch($text)) { return '"' + $text + '"' }
    $json = New-Object System.Text.StringBuilder
    for ($at = 0; $at -lt $text.Length; $at++) {
        $unit = $text[$at]
        if ([int]$unit -lt 32) {
            [void]$json.Append('\u' + ([int]$unit).ToString('x4'))
        } elseif ([char]::IsHighSurrogate($unit) -and $at + 1 -lt $text.Length -and [char]::IsLowSurrogate($text[$at + 1])) {
            [void]$json.Append($text.Substring($at, 2))
            $at++
        } elseif ([char]::IsSurrogate($unit)) {
            [void]$json.Append([string][char]0xfffd)
        } else {
            [void]$json.Append([string]$unit)
        }
    }
    return '"' + $json.ToString() + '"'
}

function Format-Optional($text) {
    if ($null -eq $text) { return 'null' }
    return Format-Text $text
}

function Format-Flag([bool]$flag) {
    if ($flag) { return 'true' }
    return 'false'
}

function Format-Unreadable([string]$reason) {
    return '{"unreadable":' + (Format-Text $reason) + '}'
}

# The answer after an error: only what is known not to be there is absent.
function Format-Failure($caught) {
    $cause = $caught.Exception.GetBaseException()
    if ($cause -is [System.IO.FileNotFoundException] -or $cause -is [System.IO.DirectoryNotFoundException] -or
        $cause -is [System.IO.DriveNotFoundException]) { return '"absent"' }
    if ($cause -is [System.UnauthorizedAccessException] -or $cause -is [System.Security.SecurityException]) {
        return Format-Unreadable 'access is denied'
    }
    return Format-Unreadable $cause.Message
}

function Write-Answer([string]$question, [string]$answer) {
    if ($recorded.ContainsKey($question)) { return }
    if ($recorded.Count -gt 0) { $writer.Write(",`n") }
    $recorded[$question] = $true
    $writer.Write('[' + $question + ',' + $answer + ']')
}

# Records the answer of a script block, or the error that it ends in.
function Write-Fact([string]$question, [scriptblock]$fact) {
    $answer = ''
    try { $answer = & $fact } catch { $answer = Format-Failure $_ }
    Write-Answer $question $answer
}

# Names what was recorded as a whole: whatever else is asked about it does not exist.
function Write-Complete([string]$kind, [string]$pattern) {
    [void]$complete.Add('{"' + $kind + '":' + (Format-Text $pattern) + '}')
}
