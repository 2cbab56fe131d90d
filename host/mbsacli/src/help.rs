//! The help of both styles, and the text of `-about`.

/// The text of `/?`.
pub const MBSA: &str = r"Scans computers in the style of mbsacli of the Microsoft Baseline Security
Analyzer 1.2. Each computer gets a report in XML.

    mbsacli [/c computer | /i address | /r range | /d domain] [switches]
    mbsacli /hf [switches]          in the style of HFNetChk; see mbsacli /hf -?

Switches begin with / or -, in any case.

Computers
    /c domain\computer   this computer
    /i a.b.c.d           the computer with this address
    /r a.b.c.d-e.f.g.h   the computers with addresses in this range
    /d domain            the computers of this domain
    --evidence DIR       where their evidence lies: DIR/NAME, a volume or a
                         folder of texts, or DIR/NAME.recording, .txt, .vhdx and
                         so on; DIR/DOMAIN/NAME for those of a domain
                         [default: WARDLINE_EVIDENCE]

Checks
    /n checks            leave out IIS, OS, Password, SQL, Updates; joined by +
    /sus list            judge only the updates in this list: a file or address
    /s 1, /s 2           hide notes; hide notes and warnings
    /nosum               do not test checksums
    --catalog PATH       catalog of updates; may be repeated
                         [default: those of `wardline catalog update`]

Reports
    /o template          names of reports
                         [default: %domain% - %computername% (%date%)]
    /e                   errors of the latest scan
    /l                   all reports
    /ls                  reports of the latest scan
    /lr name             overview of a report
    /ld name             a report in detail
    --reports DIR        folder of the reports
                         [default: SecurityScans in wardline's data folder]

Output
    /qp, /qe, /qr, /q    no progress; no errors; no reports; none of the three
    /unicode             write UTF-16
    /nvc                 no check for a newer version; there is none anyway
    /?                   this help

Exit codes: 0 success, 1 wrong switch or nothing could be scanned, 3 a computer
could not be scanned.
";

/// The text of `/hf -?`.
pub const HFNETCHK: &str = r"Finds missing updates in the style of HFNetChk.

    mbsacli /hf [-h names | -fh file | -i addresses | -r range | -d domain | -n]
                [switches]

Switches begin with - or /, in any case.

Computers
    -h name[,name...]    these computers
    -fh file             those in this file, one name on each line
    -i a.b.c.d[,...]     the computers with these addresses
    -fip file            those in this file, one address on each line
    -r a.b.c.d-e.f.g.h   the computers with addresses in this range
    -d domain            the computers of this domain
    -n                   all computers of which there is evidence
    --evidence DIR       where their evidence lies: DIR/NAME, a volume or a
                         folder of texts, or DIR/NAME.recording, .txt, .vhdx and
                         so on; DIR/DOMAIN/NAME for those of a domain
                         [default: WARDLINE_EVIDENCE]

Judging
    -x catalog           catalog of updates: a file [default: those of
                         `wardline catalog update`]
    --catalog PATH       the same; may be repeated
    -sus list            judge only the updates in this list: a file or address
    -nosum               do not test checksums
    -sum                 test checksums also if the language is another one
    -z                   do not test the registry

Output
    -b                   show only updates that are rated critical
    -fq file             hide the updates in this file, a Q number on each line
    -s 1, -s 2           hide notes; hide notes and warnings
    -history 1, 2, 3     show updates that are installed; not installed; both
    -v                   say why; always with -o tab
    -o tab, -o wrap      tab-separated; text [default: wrap]
    -f file              write to this file
    -t number            number of computers at a time, 1 to 128
                         [default: number of processors]
    -trace               write hf.log; has to be the first switch
    -about, -?           about this program; this help

Not available: -u and -p, because evidence needs no credentials; -ver.

Exit codes: 0 success, 1 wrong switch or nothing could be scanned, 3 a computer
could not be scanned.
";

/// The text of `-about`.
pub const ABOUT: &str = concat!(
    "wardline ",
    env!("CARGO_PKG_VERSION"),
    ", with the switches and outputs of mbsacli of the Microsoft Baseline\n",
    "Security Analyzer 1.2 and of HFNetChk. It is neither of the two, and not by\n",
    "Microsoft or Shavlik. The judgements are those of wardline's plugins.\n"
);
