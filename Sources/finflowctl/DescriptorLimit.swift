import Glibc

/// How many files the process may have open.
enum DescriptorLimit {
    /// The usual limit of 1024 is a soft one, for programs that use `select(2)`; a run over some
    /// hundred hosts needs more. What is started later inherits it, and could try to close all
    /// that it might have open: so not more than some ten thousand.
    static func raise(to wanted: rlim_t = 16_384) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        let most = min(wanted, limit.rlim_max)
        guard limit.rlim_cur < most else { return }
        limit.rlim_cur = most
        _ = setrlimit(resource, &limit)
    }
}
