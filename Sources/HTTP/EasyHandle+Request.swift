internal import CLibCurl
internal import Glibc
internal import Vocabulary

extension EasyHandle {
    /// All that libcurl must know of a transfer.
    mutating func prepare(_ transfer: Transfer, _ configuration: HTTPConfiguration) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        set(CURLOPT_PRIVATE, pointer: context)
        finflow_curl_set_callbacks(
            pointer, context, takeHeaderLine, takeBody, supplyBody, rewindBody)
        setGround()
        set(transfer.prepared)
        set(CURLOPT_FRESH_CONNECT, transfer.needsNewConnection ? 1 : 0)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        set(configuration.tls)
        set(configuration.proxy)
    }

    private mutating func setGround() {
        set(CURLOPT_NOSIGNAL, 1)
        // Else taking a transfer away while its name is looked up waits for the look-up.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_NOPROGRESS, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_HTTP09_ALLOWED, 0)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        set(CURLOPT_BUFFERSIZE, Transfer.chunk)
        set(CURLOPT_UPLOAD_BUFFERSIZE, Transfer.chunk)
        set(CURLOPT_TCP_KEEPALIVE, 1)
    }

    private mutating func set(_ prepared: PreparedRequest) {
        let request = prepared.request
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        let timeout = Int((request.timeouts.connect / .milliseconds(1)).rounded(.up))
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeout))  // 0 would be libcurl's default
        set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1000)
        set(headers: prepared.headerLines)
        if case .none = request.body, !request.method.anticipatesBody {
            if request.method == .head {
                set(CURLOPT_NOBODY, 1)
            } else {
                set(CURLOPT_HTTPGET, 1)
                set(CURLOPT_CUSTOMREQUEST, request.method.name)
            }
        } else {
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_CUSTOMREQUEST, request.method.name)
            set(CURLOPT_INFILESIZE_LARGE, size: request.body.length ?? -1)
        }
    }

    private mutating func set(_ tls: HTTPTLS) {
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        let minimum = tls.minimum == .tls13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2
        set(CURLOPT_SSLVERSION, Int(minimum))
        set(CURLOPT_PROXY_SSLVERSION, Int(minimum))
        if case .file(let path) = tls.authorities {
            for option in [CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO] { set(option, path) }
            // The system's directory would be asked as well.
            for option in [CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH] { set(option, nil) }
        }
        if let client = tls.clientCertificate {
            set(CURLOPT_SSLCERT, client.certificate)
            set(CURLOPT_SSLKEY, client.key)
            client.passphrase?.withExposed { set(CURLOPT_KEYPASSWD, $0) }
        }
    }

    private mutating func set(_ proxy: HTTPProxy) {
        switch proxy {
        case .environment: break
        case .none:
            set(CURLOPT_PROXY, "")
            set(CURLOPT_NOPROXY, "*")
        case .server(let server):
            set(CURLOPT_PROXY, server.url)
            set(CURLOPT_NOPROXY, server.except.joined(separator: ","))
            if let user = server.user { set(CURLOPT_PROXYUSERNAME, user) }
            server.password?.withExposed { set(CURLOPT_PROXYPASSWORD, $0) }
        }
    }
}

extension Transfer {
    /// When a kept connection turns out to be dead, libcurl sends again what it can rewind: that
    /// is everything that has no body.
    fileprivate var needsNewConnection: Bool {
        isFresh || (!prepared.request.mayBeRepeated && prepared.request.body.length == 0)
    }
}

// MARK: Callbacks

// Each is called by libcurl within a call of the client, which keeps the transfer. None calls
// libcurl.

private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

private let takeHeaderLine: finflow_curl_take = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer(context).receive(headerLine: line) ? line.count : 0
}

private let takeBody: finflow_curl_take = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer(context).receive(piece) ? piece.count : Int(CURL_WRITEFUNC_PAUSE)
}

private let supplyBody: finflow_curl_take = { bytes, size, count, context in
    guard let bytes, let context else { return Int(CURL_READFUNC_ABORT) }
    return transfer(context).supply(
        UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private let rewindBody: finflow_curl_seek = { context, offset, origin in
    guard let context, offset == 0, origin == SEEK_SET, transfer(context).rewind() else {
        return CURL_SEEKFUNC_FAIL
    }
    return CURL_SEEKFUNC_OK
}
