import ArgumentParser
import FoundationEssentials

/// The manual page, made from the declarations of the commands: mdoc(7).
struct ManualPage {
    private let root: Command

    init(of command: any ParsableCommand.Type) throws {
        root = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8)).command
    }

    var text: String {
        var lines = [
            ".Dd November 24, 2026", ".Dt FINFLOWCTL 1", ".Os FinFlow", ".Sh NAME",
            ".Nm finflowctl",
            ".Nd operate FinFlow: make its hosts what the playbooks say",
            ".Sh SYNOPSIS", ".Nm", ".Ar command", ".Op Ar options", ".Sh DESCRIPTION",
        ]
        lines += Self.block(root.discussion)
        lines.append(".Sh COMMANDS")
        for command in root.allVisibleCommands {
            lines += [".Ss \(Self.escaped(command.name))", Self.escaped(command.abstract ?? "")]
            lines += Self.block(command.discussion)
            lines.append(".Bl -tag -width Ds")
            for argument in command.visibleArguments { lines += Self.item(argument) }
            lines.append(".El")
        }
        lines += [
            ".Sh JSON RECORDS",
            "With \\-\\-json each line of standard output is one object; errors of usage and of "
                + "playbooks are told on standard error. Members:",
            ".Bl -tag -width Ds",
        ]
        for field in RecordFields.all {
            lines += [".It \(Self.escaped(field.name))", Self.escaped(field.meaning)]
        }
        lines += [
            ".El",
            ".Sh ENVIRONMENT", ".Bl -tag -width Ds",
            ".It Ev FINFLOW_PLAYBOOKS",
            "The directory of the playbooks, where no option names one.",
            ".It Ev FINFLOW_IDENTITY",
            "The path of the file with the secret key that opens secrets.age; never the key itself.",
            ".It Ev VISUAL , EDITOR", "What edits credentials.",
            ".It Ev NO_COLOR", "When set and not empty, no colours are used.",
            ".El", ".Sh SEE ALSO", ".Xr ssh_config 5 ,", ".Xr sudo 8 ,", ".Xr systemd 1",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func item(_ argument: Argument) -> [String] {
        let names = (argument.names ?? []).map { name in
            (name.kind == "short" ? "-" : "--") + name.name
        }
        let value = argument.kind == "flag" ? "" : " <\(argument.valueName ?? "value")>"
        let head = names.isEmpty ? value.dropFirst() : (names.joined(separator: ", ") + value)[...]
        let fallback = argument.defaultValue.map { " (default: \($0))" } ?? ""
        return [".It \(escaped(String(head)))", escaped((argument.abstract ?? "") + fallback)]
            + block(argument.discussion)
    }

    /// Paragraphs; lines that are indented stay as they are.
    private static func block(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        var lines = [".Pp"]
        var isLiteral = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let wantsLiteral = line.hasPrefix("  ")
            if wantsLiteral != isLiteral {
                lines.append(wantsLiteral ? ".Bd -literal -compact" : ".Ed")
                isLiteral = wantsLiteral
            }
            lines.append(line.isEmpty ? (isLiteral ? "" : ".Pp") : escaped(String(line)))
        }
        if isLiteral { lines.append(".Ed") }
        return lines
    }

    /// A leading dot or quote would be a macro; a hyphen must be one that can be copied.
    private static func escaped(_ text: String) -> String {
        let plain = text.split(separator: "\\", omittingEmptySubsequences: false)
            .joined(separator: "\\e").split(separator: "-", omittingEmptySubsequences: false)
            .joined(separator: "\\-")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}

/// The parts of `--experimental-dump-help` that the page needs.
private struct Tool: Decodable {
    var command: Command
}

private struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var subcommands: [Command]?
    var arguments: [Argument]?
    var superCommands: [String]?

    var name: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

    var visibleCommands: [Command] {
        (subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
    }

    /// Those of groups as well, each behind its group.
    var allVisibleCommands: [Command] {
        visibleCommands.flatMap { [$0] + $0.allVisibleCommands }
    }

    var visibleArguments: [Argument] {
        (arguments ?? []).filter { $0.shouldDisplay ?? true }
    }
}

private struct Argument: Decodable {
    struct Name: Decodable {
        var kind: String
        var name: String
    }

    var kind: String
    var shouldDisplay: Bool?
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?
    var discussion: String?
}
