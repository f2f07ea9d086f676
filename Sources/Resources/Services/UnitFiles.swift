import Hosts

/// What unit files are judged and taken over with.
enum UnitFiles {
    /// Judges the new file `$new` as `unit` before it is in place. What is missing on the host
    /// (a program that a later task brings) is no fault of the file; what systemd cannot read
    /// or does not know is.
    /// - Parameter dropin: the name under which it is put beside the unit, for a drop-in.
    static func check(as unit: String, dropin: String? = nil, scope: UnitScope) -> ShellScript {
        let target = dropin.map { "\(unit).d/\($0)" } ?? unit
        // The instance of a template is judged, since a template alone cannot be.
        let judged =
            unit.firstIndex(of: "@").map { at in
                unit[unit.index(after: at)...].first == "."
                    ? unit[...at] + "instance" + unit[unit.index(after: at)...] : unit[...]
            } ?? unit[...]
        return """
            if command -v systemd-analyze >/dev/null; then
              trial=$(mktemp -d)
              \(dropin == nil ? ":" : original(of: unit, scope))
              cat "$new" > "$trial/"\(target)
              found=$(SYSTEMD_UNIT_PATH="$trial:" systemd-analyze \
              \(scope == .user ? "--user" : "--system") --man=no verify \(String(judged)) 2>&1 |
                grep -F -e "$trial/" -e \(unit) | grep -v 'is not executable' || :)
              rm -rf "$trial"
              case $found in
              *'Unknown '*|*'Failed to parse'*|*'Invalid '*|*'Missing '*|*'Refusing'*|*'lacks '*)
                printf '%s\\n' "$found" >&2
                rm -f "$new"
                exit 1 ;;
              esac
            fi
            """
    }

    /// A drop-in is judged together with the unit that it completes.
    private static func original(of unit: String, _ scope: UnitScope) -> ShellScript {
        """
        mkdir "$trial/"\(unit).d
        \(scope.systemctl) cat -- \(unit) > "$trial/"\(unit) 2>/dev/null ||
            printf '[Service]\\nExecStart=/bin/true\\n' > "$trial/"\(unit)
        """
    }

    /// Has systemd read its files again, once for all that changed.
    static func reload(_ scope: UnitScope) -> ShellScript { "\(scope.systemctl) daemon-reload" }
}
