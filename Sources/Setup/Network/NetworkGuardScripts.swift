import Crypto
import Hosts
import Resources
import Vocabulary

/// What runs on a host to guard a change that could cut it off.
///
/// Below `network/` of what the host remembers lie, each for one change (an *effect*: of a task
/// that is in force at once, or of the handler that brings files into force):
///
/// - `pending/EFFECT/`: what has to be put back should the effect fail, a directory for each
///   thing, kept before the first change of it since the effect last succeeded;
/// - `armed-TOKEN/`: the same, from the moment at which the effect may be in force until
///   somebody has come over a new connection;
/// - `reverting-TOKEN/`: the same, while the host puts it back;
/// - `revert`: the script that does that; `last.json`: when it last did, and why.
///
/// A change goes from one to the next by the rename of its directory, so it is confirmed or put
/// back, and never half of each, whatever is killed when.
struct NetworkGuardScripts: Sendable {
    /// `/var/lib/finflow/network`
    let directory: String
    /// The id of the task that is in force at once, or of the handler.
    let effect: String
    /// How long the host waits.
    let seconds: Int

    /// The host could not keep what it would have to put back, or not arm the revert: nothing was
    /// changed.
    static let unarmed: Int32 = 97
    /// Another change is armed.
    static let busy: Int32 = 98

    private var pending: String { "\(directory)/pending/\(Self.key(effect))" }

    /// A name for a directory: neither long nor of characters that a shell could take amiss.
    private static func key(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).prefix(8).hexadecimal
    }

    // MARK: - Keeping

    /// Goes before a change: keeps what it is about to replace, unless it was kept before an
    /// earlier change that never came into force.
    ///
    /// - Parameter applied: keeps, in a file of the same name, what has to be remembered as last
    ///   applied when it is put back.
    func keeping(_ restoration: Restoration, applied: ShellScript = ShellScript()) -> ShellScript {
        var parts: [ShellScript] = applied.isEmpty ? [] : [part("applied", keeping: applied)]
        // Put back in reverse: paths first.
        if !restoration.keeping.isEmpty || !restoration.restoring.isEmpty {
            parts.append(
                part("state", keeping: restoration.keeping, restoring: restoration.restoring))
        }
        parts += restoration.paths.map {
            part($0, keeping: Self.keeping(path: $0), restoring: Self.restoringPath)
        }
        return parts.joined(separator: "")
    }

    private func part(
        _ name: String, keeping: ShellScript, restoring: ShellScript = ":"
    ) -> ShellScript {
        let key = Self.key(name)
        return """
            (
            umask 077
            mkdir -p -- \(pending) && cd -- \(pending) || exit
            for kept in *-\(key); do [ ! -d "$kept" ] || exit 0; done
            rm -rf .new-\(key) && mkdir .new-\(key) && cd .new-\(key) || exit
            (
            \(keeping)
            ) || exit
            printf %s \(restoring.withExposed { $0 }) >restore && \(Self.flushing(".")) && cd .. || exit
            number=1000
            for kept in [0-9]*-*; do [ ! -d "$kept" ] || number=$((number + 1)); done
            mv -T .new-\(key) "$number-\(key)" && \(Self.flushing("."))
            ) || exit \(Int(Self.unarmed))

            """
    }

    /// `cp -a` keeps owner, mode, times, attributes, and a link as a link.
    private static func keeping(path: String) -> ShellScript {
        """
        printf %s \(path) >path || exit
        if [ -e \(path) ] || [ -h \(path) ]; then cp -a -- \(path) content || exit; fi
        """
    }

    /// A path may end in a new line, which `$(…)` would lose.
    private static let restoringPath: ShellScript = """
        path=$(cat path && echo .) && path=${path%.} || exit
        new=${path%/*}/.finflow-network
        rm -rf -- "$new"
        if [ -e content ] || [ -h content ]; then
          cp -a -- content "$new" && { [ -h "$new" ] || sync -- "$new"; } && mv -fT -- "$new" "$path"
        else
          rm -f -- "$path"
        fi && sync -- "${path%/*}"
        """

    /// To disk, with all that lies in a directory. A link has no content of its own.
    private static func flushing(_ paths: String...) -> ShellScript {
        "find \(paths) ! -type l -exec sync -- '{}' +"
    }

    // MARK: - Arming

    /// Arms the revert, then makes the change, in a session of its own: what cuts the
    /// connection, or the operator who interrupts the run, cannot stop it half-way, and the revert
    /// can.
    ///
    /// - Parameters:
    ///   - token: names this attempt.
    ///   - change: the script that makes the change.
    ///   - repeats: whether it is run again after what was kept is put back: a handler's.
    ///   - record: what `last.json` will say of it, members of a JSON object.
    func changing(
        _ change: ShellScript, repeats: Bool, token: String, record: [JSON.Member]
    ) -> ShellScript {
        let armed = "\(directory)/armed-\(token)"
        let guarded: ShellScript = """
            cd -- \(armed) && echo $$ >process && cd -- \(armed) && cd / || exit \(Int(Self.unarmed))
            (
            \(change)
            ) 9>&-
            status=$?
            cd -- \(armed) 2>/dev/null && echo $status >.done && mv -f .done done
            exit $status

            """
        let text = JSON.object(record).line.dropFirst().dropLast()
        let action: ShellScript =
            repeats
            ? "{ \(ShellScript.keepingLogin) && printf %s \(change.asSecret); } >action || exit"
            : ":"
        return """
            (
            umask 077
            mkdir -p -- \(pending) && cd -- \(directory) || exit
            for other in armed-* reverting-*; do [ ! -d "$other" ] || exit \(Int(Self.busy)); done
            rm -rf confirmed-*
            printf %s \(NetworkRevert.script(in: directory)) >.revert && mv -f .revert revert || exit
            cd -- \(pending) && rm -f action done .done process timer || exit
            echo \(seconds) >seconds && printf %s \(String(text)) >record || exit
            printf %s \(guarded.asSecret) >change || exit
            \(action)
            \(Self.flushing(".", "../../revert")) || exit
            \(NetworkRevert.enablingAtBoot(in: directory)) || exit
            mv -T \(pending) \(armed) && sync -- \(directory) || exit
            \(NetworkRevert.starting(token, in: directory, after: seconds)) || {
              mv -T \(armed) \(pending)
              \(NetworkRevert.ending("\(token)", "\(pending)"))
              exit 1
            }
            )
            status=$?
            case $status in 0) ;; \(Int(Self.busy))) exit $status ;; *) exit \(Int(Self.unarmed)) ;; esac
            setsid sh \(armed)/change </dev/null &
            wait $!
            """
    }

    // MARK: - Confirming

    /// What the host says over the new connection.
    enum Answer: Hashable, Sendable {
        case confirmed
        /// It was put back; what `last.json` says of it.
        case reverted(NetworkRevert.Record?)
    }

    /// Disarms, or waits until what failed is put back. It comes over the new connection.
    ///
    /// The change may still be at work, if it was it that cut the old connection.
    func confirming(_ token: String) -> ShellScript {
        let armed = "\(directory)/armed-\(token)"
        return """
            cd -- \(directory) || exit
            while [ -d \(armed) ] && [ ! -f \(armed)/done ]; do sleep 1; done
            status=unknown
            read -r status <\(armed)/done 2>/dev/null || :
            if [ "$status" = 0 ] && mv -T \(armed) confirmed-\(token) 2>/dev/null; then
              rm -f last.json last.log
              \(NetworkRevert.ending("\(token)", "confirmed-\(token)"))
              rm -rf confirmed-\(token)
              echo confirmed
              exit 0
            fi
            \(reverting(token, because: .failed))
            """
    }

    /// Puts it back now, or waits for the end of who does.
    func reverting(_ token: String, because cause: NetworkRevert.Cause) -> ShellScript {
        """
        cd -- \(directory) || exit
        setsid sh ./revert \(token) \(cause.rawValue) </dev/null >/dev/null 2>&1 9>&- &
        wait $!
        echo reverted
        cat last.json 2>/dev/null
        :
        """
    }

    static func answer(_ result: ScriptResult) -> Answer? {
        let lines = result.output.split(separator: UInt8(ascii: "\n"))
        switch lines.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "confirmed": return .confirmed
        case "reverted":
            return .reverted(lines.dropFirst().first.flatMap(NetworkRevert.Record.init))
        default: return nil
        }
    }

    // MARK: - Before all else

    /// What an earlier run left armed: waits until the host has put it back. Where nothing does
    /// that any more, since the host was booted without systemd, it is done here.
    static func settling(in directory: String) -> ShellScript {
        """
        cd -- \(directory) || exit
        for left in armed-* reverting-*; do
          [ -d "$left" ] || continue
          token=${left#*-}
          seconds=30
          read -r seconds <"$left/seconds" 2>/dev/null || :
          passed=0
          while [ -d "armed-$token" ] || [ -d "reverting-$token" ]; do
            [ $passed -lt $((seconds + 5)) ] || break
            sleep 1
            passed=$((passed + 1))
          done
          setsid sh ./revert "$token" \(NetworkRevert.Cause.abandoned.rawValue) \
        </dev/null >/dev/null 2>&1 9>&- &
          wait $!
          [ ! -d "armed-$token" ] && [ ! -d "reverting-$token" ] || exit 1
        done
        """
    }
}

extension ShellScript {
    /// The script as one word of another one, secret: it may hold secrets.
    fileprivate var asSecret: Sensitive<String> { withExposed { Sensitive($0) } }
}
