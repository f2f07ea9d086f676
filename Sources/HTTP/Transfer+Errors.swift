internal import CLibCurl
internal import Vocabulary

extension Transfer {
    /// What libcurl's result means for the caller; `nil` for a whole answer.
    func error(for result: CURLcode) -> HTTPError? {
        guard result != CURLE_OK else { return unmarkedEnd }
        wasStale = isStale(result)
        if var finding {
            finding.origin = prepared.origin.description
            return finding
        }
        let reason = easy?.reason(of: result) ?? String(cString: curl_easy_strerror(result))
        return failure(kind(of: result, reason), reason)
    }

    var stalled: HTTPError {
        guard let stall = prepared.request.timeouts.stall else {
            return failure(.stalled, "stalled")
        }
        return failure(
            .stalled, "fewer than \(stall.bytesPerSecond) bytes/s in \(stall.time.brief)")
    }

    /// RFC 9112 §6.3: the connection's end is the body's, whatever has ended it.
    private var unmarkedEnd: HTTPError? {
        guard let response, response.isSuccess, response.status != 204,
            prepared.request.method != .head, !prepared.request.acceptsUnmarkedEnd,
            !response.headers.contains("Content-Length"),
            !response.headers.contains("Transfer-Encoding")
        else { return nil }
        return failure(.malformedResponse, "the answer does not say where it ends")
    }

    func wrongLength(_ left: Int) -> HTTPError {
        let length = prepared.request.body.length ?? 0
        return failure(
            .badRequest,
            "the request's body was to have \(length) bytes, and has "
                + (left < 0 ? "more" : "\(length - left)"))
    }

    private func failure(_ kind: HTTPError.Kind, _ reason: String) -> HTTPError {
        HTTPError(kind, reason, origin: prepared.origin.description)
    }

    private func kind(of result: CURLcode, _ reason: String) -> HTTPError.Kind {
        switch result {
        case CURLE_URL_MALFORMAT: .badRequest
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_CIPHER:
            .badConfiguration
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connect
        case CURLE_PROXY: .proxy
        case CURLE_OPERATION_TIMEDOUT: .timeout(.connect)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            .tls
        case CURLE_SSL_CONNECT_ERROR: wasCut(reason) ? .connectionLost : .tls
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            .malformedResponse
        case CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND: .connectionLost
        case CURLE_PARTIAL_FILE: .truncated
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: lost(reason)
        default: .other
        }
    }

    /// A connection that broke while bytes were expected, or a TLS alert that came so late.
    private func lost(_ reason: String) -> HTTPError.Kind {
        // A server that knows TLS 1.3 refuses a client's certificate behind the handshake.
        if reason.contains("alert") { return .tls }
        if reason.contains("CONNECT") { return .proxy }
        return hasBegunAnswer ? .truncated : .connectionLost
    }

    /// OpenSSL's handshake that the peer, or something between, has cut: no opinion about it.
    private func wasCut(_ reason: String) -> Bool {
        ["SSL_ERROR_SYSCALL", "Connection reset", "unexpected eof"].contains {
            reason.contains($0)
        }
    }

    /// It went out on a connection that had served before and was found dead.
    private func isStale(_ result: CURLcode) -> Bool {
        guard !hasHeard else { return false }
        switch result {
        case CURLE_SEND_FAIL_REWIND: return true
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            return easy?.number(CURLINFO_NUM_CONNECTS) == 0
        default: return false
        }
    }
}
