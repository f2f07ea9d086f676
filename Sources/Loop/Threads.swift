internal import CLinux
internal import Glibc

/// Starts a detached thread on which no signal is delivered: handlers belong to the main one.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let start = ThreadStart(name: name, body: body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let result = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
            clinux_block_all_signals()
            clinux_name_thread(start.name)
            start.body()
            return nil
        }, Unmanaged.passRetained(start).toOpaque())
    precondition(result == 0, "the system has no thread left for \(name)")
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = String(name.prefix(15))  // the kernel's limit
        self.body = body
    }
}
