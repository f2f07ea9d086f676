import AWS
import Age
import Backup
import HTTP
import Hosts
import Playbook
import Postgres
import Record
import Resources
import SSH
import Schema
import Secrets
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
    static let unwritableOutput = Self(
        "FF0704", "a file on this machine cannot be written", status: .failed,
        explanation: """
            What stood there before stands there still. The directory must exist, and you must \
            be allowed to make files in it.
            """)
    static let contradictsPlan = Self(
        "FF0705", "an option contradicts the plan", status: .usage,
        explanation: """
            `setup --plan FILE` takes the environment, the hosts and the tags from the file. They \
            can be left out, or be the same.
            """)
    static let unlikePrompts = Self(
        "FF1415", "what was typed twice is not alike", status: .usage,
        explanation: """
            What is not shown while it is typed is asked for twice, so that a slip does not become \
            a password that nobody knows. Nothing was changed.
            """)
}

/// The codes of all modules, for `finflowctl explain`.
enum Catalogue {
    static let codes: [Diagnostic.Code] =
        ([
            YAMLDiagnostics.catalogue, SchemaDiagnostics.catalogue, PlaybookDiagnostics.catalogue,
            TemplateDiagnostics.catalogue, SSHDiagnostics.catalogue, HostsDiagnostics.catalogue,
            TaskGraphDiagnostics.catalogue, ResourcesDiagnostics.catalogue,
            SetupDiagnostics.catalogue, PlanDiagnostics.catalogue, CredentialDiagnostics.catalogue,
            AgeDiagnostics.catalogue, HTTPDiagnostics.catalogue, PostgresDiagnostics.catalogue,
            BackupDiagnostics.catalogue, RestoreDiagnostics.catalogue,
            SecretsDiagnostics.catalogue, RecordDiagnostics.catalogue,
            [
                .badAssignment, .unreadablePassword, .noHosts, .unwritableOutput, .contradictsPlan,
                .unlikePrompts, .invalidRepositoryName,
            ],
        ] as [[Diagnostic.Code]]).joined().sorted { $0.id < $1.id }
}
