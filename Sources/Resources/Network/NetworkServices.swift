import Hosts

extension ServiceResource: NetworkResource {
    /// Of a restart nothing can be put back but what it made the service read.
    public var restoration: Restoration? {
        isOnlyForHandlers
            ? nil
            // What is enabled or masked alone shows at the next boot, or start.
            : Restoration(
                keeping: keeping, restoring: restoring, isInForceAtOnce: state != nil)
    }

    /// `systemctl` prints an answer, and fails, for a unit that is disabled or does not run.
    private var keeping: ShellScript {
        """
        \(scope.systemctl) is-enabled -- \(unit) >enabled 2>/dev/null
        \(scope.systemctl) is-active -- \(unit) >active 2>/dev/null
        :
        """
    }

    private var restoring: ShellScript {
        """
        read -r enabled <enabled || enabled=unknown
        read -r active <active || active=unknown
        wait=${boot:+--no-block}
        [ "$enabled" = masked ] || \(scope.systemctl) --quiet unmask -- \(unit) || exit
        case $enabled in
        enabled) \(scope.systemctl) --quiet enable -- \(unit) ;;
        disabled) \(scope.systemctl) --quiet disable -- \(unit) ;;
        masked) \(scope.systemctl) --quiet mask -- \(unit) ;;
        esac || exit
        case $active in
        active|activating|reloading) \(scope.systemctl) $wait start -- \(unit) ;;
        inactive|failed) \(scope.systemctl) $wait stop -- \(unit) ;;
        esac
        """
    }
}

extension CommandResource: NetworkResource {
    /// What a command changes nobody knows; as a handler it is run again.
    public static let isRestorable = false
    public var restoration: Restoration? { nil }
}

extension ServiceAgainResource: NetworkResource {
    /// It brings into force what was put back.
    public var restoration: Restoration? { nil }
}
