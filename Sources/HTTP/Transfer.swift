internal import CLibCurl
internal import Glibc
internal import Loop

/// One try of a request, from waiting for a place to its end. Its client alone uses it, and
/// libcurl's callbacks within the client's calls, on the loop's thread.
final class Transfer {
    let number: Int
    let prepared: PreparedRequest
    var easy: EasyHandle?
    /// A new connection is made for it.
    let isFresh: Bool

    private var head: HeadReader
    private(set) var response: HTTPResponse?
    private var received: [UInt8] = []
    /// In both directions, by which a stall is seen.
    private(set) var movedBytes = 0
    /// Any byte has come.
    private(set) var hasHeard = false
    var source: UploadSource

    private(set) var isReceivingPaused = false
    private(set) var isSendingPaused = false
    /// What a callback found wrong: libcurl only learns that it must stop.
    private(set) var finding: HTTPError?

    var hasPlace = false
    var end: Result<Void, any Error>?
    /// Of a connection that had served before, and was closed before any byte of the answer.
    var wasStale = false
    var deadlineTimer: LoopTimer?
    var stallTimer: LoopTimer?
    var stall: StallMeter?

    /// Something of the answer, or the end.
    let arrival: LoopEvent
    /// The source has room, or the end.
    let room: LoopEvent
    var dismissal: CheckedContinuation<Void, Never>?

    /// What a reader gets at once.
    static let chunk = 256 << 10

    init(number: Int, prepared: PreparedRequest, isFresh: Bool, loop: EventLoop) {
        self.number = number
        self.prepared = prepared
        self.isFresh = isFresh
        head = HeadReader(expectsConsent: prepared.expectsConsent)
        source = UploadSource(prepared.request.body)
        arrival = LoopEvent(on: loop)
        room = LoopEvent(on: loop)
    }
}

// MARK: What the callbacks do

extension Transfer {
    /// - Returns: Whether to go on.
    func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        movedBytes += line.count
        hasHeard = true
        // Behind the header come a chunked body's trailers, which nothing here uses.
        guard response == nil else { return true }
        do {
            response = try head.take(line)
        } catch {
            finding =
                switch error {
                case .malformed: HTTPError(.malformedResponse, "the answer's header is no HTTP")
                case .tooLarge: HTTPError(.tooLarge, "the answer's header has no end")
                }
            return false
        }
        noteAnswer()
        return true
    }

    /// - Returns: Whether the bytes were taken; else they come again when receiving goes on.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        promoteProvisional()
        guard received.count + bytes.count <= Self.chunk else {
            isReceivingPaused = true
            return false
        }
        if received.isEmpty { received.reserveCapacity(bytes.count) }
        received.append(contentsOf: bytes)
        movedBytes += bytes.count
        arrival.fire()
        return true
    }

    func promoteProvisional() {
        guard response == nil, let provisional = head.provisional else { return }
        response = provisional
        noteAnswer()
    }

    private func noteAnswer() {
        guard let response else { return }
        // libcurl does not send the rest of what is refused either, but it goes on if the answer
        // says `Connection: close`, and does not end while sending is paused.
        if response.status >= 300 {
            source.abandon()
            room.fire()
        }
        arrival.fire()
    }

    /// - Returns: What libcurl's read callback does.
    func supply(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let wasFull = source.isFull
        switch source.supply(buffer) {
        case .bytes(let count):
            movedBytes += count
            if wasFull, !source.isFull { room.fire() }
            return count
        case .nothingYet:
            isSendingPaused = true
            return Int(CURL_READFUNC_PAUSE)
        }
    }

    /// A connection that had served before was dead, and libcurl sends the request again on a
    /// new one: which only what may be repeated allows.
    func rewind() -> Bool {
        (source.taken == 0 || prepared.request.mayBeRepeated) && source.rewind()
    }
}

// MARK: What the client does

extension Transfer {
    func takeReceived() -> [UInt8]? {
        guard !received.isEmpty else { return nil }
        defer { received = [] }
        return received
    }

    /// Lets receiving and sending go on where their sides are ready.
    ///
    /// - Returns: libcurl's pause bits; `nil` when nothing changes.
    func unpause(receiving: Bool = false, sending: Bool = false) -> Int32? {
        let goesOn = (receiving && isReceivingPaused) || (sending && isSendingPaused)
        guard goesOn else { return nil }
        if receiving { isReceivingPaused = false }
        if sending { isSendingPaused = false }
        return (isReceivingPaused ? CURLPAUSE_RECV : 0) | (isSendingPaused ? CURLPAUSE_SEND : 0)
    }

    /// This side keeps the other one waiting.
    var isPaused: Bool { isReceivingPaused || isSendingPaused }

    var hasBegunAnswer: Bool { response != nil || head.hasBegun }
}
