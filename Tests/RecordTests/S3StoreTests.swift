import AWS
import Lab
import LabTraits
import Record
import Testing
import Vocabulary

@Suite(.s3) struct S3StoreTests {
    private struct Call: Sendable {
        var request: String
        var perform: @Sendable (S3Store) async throws -> Void
    }

    private static func calls(_ bucket: String) throws -> [Call] {
        let (there, new) = (try key("runs/there"), try key("runs/new"))
        return [
            Call(request: "PUT /\(bucket)/p/runs/new") { store in
                try await store.create(new, [1])
                try await store.delete(new)
            },
            Call(request: "PUT /\(bucket)/p/runs/there") { store in
                let object = try #require(try await store.read(there))
                try await store.replace(
                    there, [object.bytes[0] &+ 1], expecting: object.version)
            },
            Call(request: "GET /\(bucket)/p/runs/there") { store in
                let object = try await store.read(there)
                #expect(object?.bytes.count == 1)
            },
            Call(request: "GET /\(bucket)?list-type") { store in
                let keys = try await store.keys(withPrefix: "runs/")
                #expect(keys == [there])
            },
            Call(request: "GET /\(bucket)?list-type") { store in
                let names = try await store.folders(in: "")
                #expect(names == ["runs"])
            },
            Call(request: "DELETE /\(bucket)/p/runs/gone") { store in
                try await store.delete(key("runs/gone"))
            },
        ]
    }

    private func withFaults(
        _ body: (_ faults: S3Faults, _ store: S3Store, _ bucket: StateBucket) async throws -> Void
    ) async throws {
        let bucket = try await StateBucket.make()
        try await bucket.store(prefix: "p").create(key("runs/there"), [1])
        try await S3Faults.with(bucket.server) { faults in
            try await body(
                faults, try bucket.store(prefix: "p", endpoint: faults.endpoint), bucket)
        }
    }

    @Test func `every call outlives a fault that passes, and writes once`() async throws {
        try await withFaults { faults, store, bucket in
            let passing: [(String, [JSON.Member])] = [
                ("reset", []), ("lose", []),
                ("status", [.init("status", 500), .init("code", "InternalError")]),
                ("status", [.init("status", 503), .init("code", "SlowDown")]),
            ]
            for (fault, details) in passing {
                for call in try Self.calls(bucket.name) {
                    try await faults.clear()
                    try await faults.inject(fault, into: call.request, times: 2, details)
                    do {
                        try await call.perform(store)
                    } catch {
                        Issue.record("\(call.request), \(fault): \(error)")
                    }
                    #expect(try await faults.seen(call.request) >= 3, "\(call.request) \(fault)")
                }
            }
            // Replaced once for each of the faults, whether its answer was lost or not.
            #expect(try await store.read(key("runs/there"))?.bytes == [5])
        }
    }

    @Test func `a fault that stays is told in words`() async throws {
        try await withFaults { faults, store, bucket in
            let staying: [(String, [JSON.Member], StateStoreError.Trouble.Cause, String)] = [
                (
                    "status", [.init("status", 503), .init("code", "SlowDown")], .unreachable,
                    "SlowDown"
                ),
                (
                    "status", [.init("status", 403), .init("code", "AccessDenied")], .denied,
                    "AccessDenied"
                ),
                (
                    "status", [.init("status", 403), .init("code", "QuotaExceeded")], .full,
                    "QuotaExceeded"
                ),
                ("reset", [], .unreachable, "cannot be reached"),
            ]
            for (fault, details, cause, words) in staying {
                for call in try Self.calls(bucket.name) {
                    try await faults.clear()
                    try await faults.inject(fault, into: call.request, times: 99, details)
                    let error = await #expect(throws: StateStoreError.self, "\(call.request)") {
                        try await call.perform(store)
                    }
                    guard case .unavailable(let trouble) = error else {
                        Issue.record("\(call.request), \(fault): \(String(describing: error))")
                        continue
                    }
                    #expect(trouble.cause == cause)
                    #expect(trouble.reason.contains(words), "\(trouble.reason)")
                    #expect(trouble.action.contains("s3://\(bucket.name)/p/"), "\(trouble.action)")
                    #expect(error?.diagnostic().help != nil)
                }
            }
        }
    }

    @Test func `another writer's work is not taken for one's own, though it is the same`()
        async throws
    {
        try await withFaults { faults, store, bucket in
            let taken = try key("runs/taken")
            try await bucket.store(prefix: "p").create(taken, [1])
            try await faults.inject("reset", into: "PUT", times: 2)
            await #expect(throws: StateStoreError.exists(taken)) {
                try await store.create(taken, [1])
            }
        }
    }

    @Test func `a bucket that is not there has no empty record`() async throws {
        let bucket = try await StateBucket.make()
        try await bucket.client().deleteBucket()
        let store = try bucket.store(prefix: "p")
        for call: @Sendable () async throws -> Void in [
            { _ = try await store.read(key("a")) }, { try await store.create(key("a"), [1]) },
            { _ = try await store.keys(withPrefix: "") }, { try await store.delete(key("a")) },
            { _ = try await store.folders(in: "") },
        ] {
            let error = await #expect(throws: StateStoreError.self) { try await call() }
            guard case .unavailable(let trouble) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(trouble.reason == "there is no such bucket")
        }
    }

    @Test func `a secret that is wrong is denied, and not shown`() async throws {
        let bucket = try await StateBucket.make()
        let store = S3Store(try bucket.client(secret: "not-the-secret"))
        let error = await #expect(throws: StateStoreError.self) {
            try await store.create(key("a"), [1])
        }
        guard case .unavailable(let trouble) = error else { return }
        #expect(trouble.cause == .denied)
        #expect(!"\(trouble)".contains("not-the-secret"))
    }
}
