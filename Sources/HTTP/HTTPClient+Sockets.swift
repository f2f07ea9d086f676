internal import CLibCurl
internal import Loop

// How libcurl waits: it says which sockets and which time it waits for, from within any call,
// and is told of them in `act`.
extension HTTPClient {
    /// Made with the first transfer.
    func multiHandle() throws(HTTPError) -> UnsafeMutableRawPointer {
        if let pointer = multi?.pointer { return pointer }
        guard let made = MultiHandle(idleConnections: configuration.idleConnections) else {
            throw HTTPError(.other, "libcurl does not start")
        }
        let pointer = made.pointer
        finflow_curl_multi_set_callbacks(
            pointer, Unmanaged.passUnretained(self).toOpaque(), socketCallback, timerCallback)
        multi = consume made
        return pointer
    }

    /// libcurl does what it can about a socket, or what its timer was set for.
    private func act(on socket: curl_socket_t, _ events: Int32 = 0) {
        guard let pointer = multi?.pointer else { return }
        var running: Int32 = 0
        curl_multi_socket_action(pointer, socket, events, &running)
        takeEnds(from: pointer)
    }

    /// Whom libcurl is through with.
    private func takeEnds(from pointer: UnsafeMutableRawPointer) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(pointer, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let result = message.pointee.data.result
            guard let easy = message.pointee.easy_handle, let transfer = Self.transfer(of: easy)
            else { continue }
            finish(transfer, result)
        }
    }

    private static func transfer(of easy: UnsafeMutableRawPointer) -> Transfer? {
        finflow_curl_get_private(easy).map {
            Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue()
        }
    }

    // MARK: What libcurl asks for

    fileprivate func watch(_ socket: curl_socket_t, for what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            sockets.removeValue(forKey: socket)?.stop()
            return
        }
        var wanted: Readiness = []
        if what & CURL_POLL_IN != 0 { wanted.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { wanted.insert(.writable) }
        let watched =
            sockets[socket]
            ?? BorrowedDescriptor(socket, on: loop) { [weak self] readiness in
                self?.assumeIsolated { $0.became(readiness, socket) }
            }
        sockets[socket] = watched
        do {
            try watched.want(wanted)
        } catch {
            // A socket that cannot be watched is broken: libcurl learns it from its next call.
            loop.post { [weak self] in
                self?.assumeIsolated { $0.act(on: socket, CURL_CSELECT_IN | CURL_CSELECT_OUT) }
            }
        }
    }

    private func became(_ readiness: Readiness, _ socket: curl_socket_t) {
        guard let wanted = sockets[socket]?.wanted else { return }
        // Only what was asked for: libcurl reads a paused transfer's socket when it is told to,
        // and would keep all of it. A failure shows in the reading and writing itself; told of it
        // (CURL_CSELECT_ERR), libcurl would not look for its reason.
        let events =
            (readiness.contains(.readable) && wanted.contains(.readable) ? CURL_CSELECT_IN : 0)
            | (readiness.contains(.writable) && wanted.contains(.writable) ? CURL_CSELECT_OUT : 0)
        if events != 0 { act(on: socket, events) }
    }

    fileprivate func setTimer(milliseconds: Int) {
        timer.map(loop.cancel)
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(at: .now + .milliseconds(milliseconds)) { [weak self] in
            self?.assumeIsolated { client in
                client.timer = nil
                client.act(on: CURL_SOCKET_BAD)
            }
        }
    }
}

// MARK: Callbacks

private let socketCallback: curl_socket_callback = { _, socket, what, context, _ in
    guard let context else { return -1 }
    let client = Unmanaged<HTTPClient>.fromOpaque(context).takeUnretainedValue()
    client.assumeIsolated { $0.watch(socket, for: what) }
    return 0
}

private let timerCallback: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context else { return -1 }
    let client = Unmanaged<HTTPClient>.fromOpaque(context).takeUnretainedValue()
    client.assumeIsolated { $0.setTimer(milliseconds: milliseconds) }
    return 0
}
