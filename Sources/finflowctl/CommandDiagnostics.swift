import Hosts
import Playbook
import Record
import Resources
import SSH
import Schema
import Setup
import TaskGraph
import Template
import Vocabulary
import YAML

extension Diagnostic.Code {
    static let badAssignment = Self(
        "FF0701", "an assignment on the command line that sets nothing", status: .usage,
        explanation: """
            `--set` takes NAME=VALUE. The value is read as YAML would read it: `--set workers=3` is \
            a number, `--set workers='"3"'` a text.
            """)
    static let unreadablePassword = Self(
        "FF0702", "the password for sudo cannot be read", status: .usage,
        explanation: """
            `--become-password-file` names a file whose first line is the password, or `-` for \
            standard input. A password is never taken from a flag or the environment, where \
            others could see it.
            """)
    static let noHosts = Self(
        "FF0703", "no host is meant", status: .usage,
        explanation: """
            The pattern matches no host of the environment, or the environment has none. \
            `finflowctl inventory --env NAME` lists them.
            """)
}

/// The codes of all modules, for `finflowctl explain`.
enum Catalogue {
    static let codes: [Diagnostic.Code] =
        ([
            YAMLDiagnostics.catalogue, SchemaDiagnostics.catalogue, PlaybookDiagnostics.catalogue,
            TemplateDiagnostics.catalogue, SSHDiagnostics.catalogue, HostsDiagnostics.catalogue,
            TaskGraphDiagnostics.catalogue, ResourcesDiagnostics.catalogue,
            SetupDiagnostics.catalogue, RecordDiagnostics.catalogue,
            [.badAssignment, .unreadablePassword, .noHosts],
        ] as [[Diagnostic.Code]]).joined().sorted { $0.id < $1.id }
}
