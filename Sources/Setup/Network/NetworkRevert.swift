import Hosts
import Vocabulary

/// The revert of a guarded change, as it waits and runs on the host, without anybody's help.
enum NetworkRevert {
    /// Why it was done.
    enum Cause: String, CaseIterable, Sendable {
        case unconfirmed, booted, failed, abandoned

        var words: String {
            switch self {
            case .unconfirmed: "no new connection came through in time"
            case .booted: "the host was booted before a new connection had come through"
            case .failed: "the change did not come to its end"
            case .abandoned:
                "the run that made the change ended before a new connection came through"
            }
        }
    }

    /// `last.json`.
    struct Record: Hashable, Sendable {
        /// By the host's clock: `2026-11-24T14:03:12Z`.
        var reverted: String
        var because: String
        var token: String
        /// How many of its steps failed.
        var failed: Int

        init?(_ line: some Sequence<UInt8>) {
            guard let json = try? JSON(parsing: line), let reverted = json["reverted"]?.string,
                let because = json["because"]?.string, let token = json["token"]?.string
            else { return nil }
            self.reverted = reverted
            self.because = because
            self.token = token
            failed = json["failed"]?.int ?? 0
        }
    }

    /// `sh revert TOKEN CAUSE`, or `sh revert all CAUSE`. It can be run at any time, also twice at
    /// once, and be killed at any time; whoever renames the directory first decides.
    static func script(in directory: String) -> String {
        let script: ShellScript = """
            # Written by finflowctl: puts back a change that may have cut this host off.
            PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            LC_ALL=C
            export PATH LC_ALL
            umask 077
            cd -- \(directory) || exit
            token=$1
            cause=$2
            if [ "$token" = all ]; then
              for left in armed-* reverting-*; do
                [ ! -d "$left" ] || sh ./revert "${left#*-}" "$cause"
              done
              \(removingUnit)
              exit
            fi
            work=\(directory)/reverting-$token
            mv -T "armed-$token" "$work" 2>/dev/null || [ -d "$work" ] || exit 0
            if command -v flock >/dev/null; then
              exec 9>.lock
              flock 9
            fi
            cd -- "$work" 2>/dev/null || exit 0
            exec >../last.log 2>&1
            boot=
            [ "$cause" != booted ] || boot=1
            export boot
            # The change itself may still be at work, and must not go on behind the revert's back.
            if [ -z "$boot" ] && [ ! -f done ] && read -r process <process &&
              grep -qF "armed-$token" "/proc/$process/cmdline"; then
              kill -KILL "-$process" || kill -KILL "$process"
              tries=0
              while kill -0 "-$process" 2>/dev/null && [ $tries -lt 50 ]; do
                sleep 0.1
                tries=$((tries + 1))
              done
            fi
            failed=0
            parts=
            for part in [0-9]*-*; do [ ! -d "$part" ] || parts="$part $parts"; done
            for part in $parts; do
              (cd "$part" && exec sh ./restore) 9>&- </dev/null || failed=$((failed + 1))
              [ ! -f "$part/applied" ] || cat "$part/applied" >>../../applied.ndjson
            done
            # While the host boots, what reads the files has not started yet.
            if [ -z "$boot" ] && [ -f action ]; then
              (cd / && exec sh "$work/action") 9>&- </dev/null || failed=$((failed + 1))
            fi
            case $cause in
            \(causes)
            *) because=$cause ;;
            esac
            printf '{"reverted":"%s","because":"%s",%s,"token":"%s","failed":%s}\\n' \\
              "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$because" "$(cat record)" "$token" $failed >../.last.json
            cd ..
            sync -- .last.json && mv -f .last.json last.json
            \(ending("\"$token\"", "\"$work\""))
            rm -rf -- "$work"

            """
        return script.shown
    }

    private static var causes: ShellScript {
        Cause.allCases.map { cause -> ShellScript in
            "\(cause.rawValue)) because=\(cause.words) ;;"
        }.joined()
    }

    // MARK: - Waiting

    private static let unit = "finflow-network-revert"
    private static let units = "/etc/systemd/system"
    private static let isWithSystemd: ShellScript =
        "[ \"$(id -u)\" = 0 ] && [ -d /run/systemd/system ]"

    /// Makes it run after so many seconds: as a timer of systemd's, which outlives the session,
    /// sshd and all else but a reboot; else as a process in a session of its own, which
    /// holds no fence: whoever ends what a run has left must not end it.
    static func starting(_ token: String, in directory: String, after seconds: Int) -> ShellScript {
        """
        if \(isWithSystemd); then
          systemd-run --quiet --collect --unit=\(unit)-\(token) --on-active=\(seconds) \
        --timer-property=AccuracySec=100ms -- /bin/sh \(directory)/revert \(token) \(Cause.unconfirmed.rawValue)
        else
          setsid sh -c 'sleep "$1"; exec sh "$2" "$3" "$4"' sh \(seconds) \(directory)/revert \
        \(token) \(Cause.unconfirmed.rawValue) </dev/null >/dev/null 2>&1 9>&- &
          echo $! >\(directory)/armed-\(token)/timer
        fi
        """
    }

    /// Makes it run when the host boots, before anything that it puts back is read. Without
    /// systemd there is nothing that all hosts would run then.
    ///
    /// The link is what `systemctl enable` would make; a daemon-reload, which the next boot does
    /// not need, is spared.
    static func enablingAtBoot(in directory: String) -> ShellScript {
        let text = """
            [Unit]
            Description=FinFlow: puts back what may have cut this host off
            DefaultDependencies=no
            RequiresMountsFor=\(directory)
            ConditionPathExists=\(directory)/revert
            After=local-fs.target
            Before=sysinit.target network-pre.target finflow-firewall.service ssh.service shutdown.target
            Wants=network-pre.target
            Conflicts=shutdown.target

            [Service]
            Type=oneshot
            ExecStart=/bin/sh \(directory)/revert all \(Cause.booted.rawValue)

            [Install]
            WantedBy=sysinit.target

            """
        return """
            if \(isWithSystemd); then
              mkdir -p \(units)/sysinit.target.wants &&
              (umask 022 && printf %s \(text) >\(units)/.\(unit)) &&
              sync \(units)/.\(unit) && mv -f \(units)/.\(unit) \(units)/\(unit).service &&
              ln -sfn ../\(unit).service \(units)/sysinit.target.wants/\(unit).service &&
              sync \(units)/sysinit.target.wants \(units)
            fi
            """
    }

    /// Nothing is waited for any more. What waits may be what runs this.
    /// - Parameters:
    ///   - token: a word of the shell.
    ///   - change: the directory of the change, a word of the shell.
    static func ending(_ token: ShellScript, _ change: ShellScript) -> ShellScript {
        """
        boot=${boot-}
        if \(isWithSystemd); then
          \(removingUnit)
          # Whoever made systemd look for units meanwhile made it load this one.
          [ -n "$boot" ] || [ "$(systemctl show --value --property LoadState \(unit).service)" = not-found ] ||
            systemctl daemon-reload
          systemctl stop \(unit)-\(token).timer 2>/dev/null
        elif read -r timer <\(change)/timer 2>/dev/null && [ "$timer" != $$ ] &&
          grep -qF -- \(token) "/proc/$timer/cmdline" 2>/dev/null; then
          kill -KILL "-$timer" 2>/dev/null
        fi
        """
    }

    private static let removingUnit: ShellScript = """
        rm -f \(units)/sysinit.target.wants/\(unit).service \(units)/\(unit).service
        """
}
