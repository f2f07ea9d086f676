import Hosts

/// The directory that finflowctl keeps on a host, for the scripts of probes: a session that
/// keeps another than root's exports its path. Actions are told it (``PlanContext``).
enum StateExpression {
    static let directory: ShellScript = "${FINFLOW_STATE:-/var/lib/finflow}"
}
