import AWS
import Backup
import Lab
import LabTraits
import RepositoryConformance
import Testing
import Vocabulary

/// What happens between a repository and its server, and what is said of it.
@Suite(.s3) struct S3RepositoryFaultTests {
    private static let large = 11 << 20

    private func withFaults(
        settings: S3Settings = .quick,
        _ body: (_ faults: S3Faults, _ repository: S3Repository, _ bucket: TestBucket) async throws
            -> Void
    ) async throws {
        let bucket = try await TestBucket.make()
        _ = try await bucket.repository(prefix: "p").put(key("there"), Noise(900_000))
        try await S3Faults.with(bucket.server) { faults in
            try await body(
                faults,
                try bucket.repository(prefix: "p", endpoint: faults.endpoint, settings: settings),
                bucket)
        }
    }

    /// A call, what its request begins with, and what it is said to do.
    private struct Call: Sendable {
        var request: String
        var action: String
        var perform: @Sendable (S3Repository) async throws -> Void

        init(
            _ request: String, _ action: String,
            _ perform: @escaping @Sendable (S3Repository) async throws -> Void
        ) {
            self.request = request
            self.action = action
            self.perform = perform
        }
    }

    private static func calls(_ bucket: String) throws -> [Call] {
        let (there, new) = (try key("there"), try key("new"))
        let put: @Sendable (S3Repository) async throws -> Void = { repository in
            _ = try await repository.put(new, Noise(Self.large))
            try await repository.delete(new)
        }
        return [
            Call("PUT /\(bucket)/p/new", "write new") { repository in
                try await repository.create(new, [1])
                try await repository.delete(new)
            },
            Call("POST /\(bucket)/p/new?uploads", "write new", put),
            Call("PUT /\(bucket)/p/new?partNumber=2", "write new", put),
            Call("POST /\(bucket)/p/new?uploadId", "write new", put),
            Call("HEAD /\(bucket)/p/there", "look for there") { repository in
                let size = try await repository.size(of: there)
                #expect(size == 900_000)
            },
            Call("GET /\(bucket)/p/there", "read there") { repository in
                let isSame =
                    try await repository.read(there).collected() == Noise(900_000).collected()
                #expect(isSame)
            },
            Call("GET /\(bucket)?list-type", "list s3://\(bucket)/p/") { repository in
                let keys = try await repository.list("").map(\.key)
                #expect(keys == [there])
            },
            Call("GET /\(bucket)?list-type", "list s3://\(bucket)/p/") { repository in
                let names = try await repository.folders(in: "")
                #expect(names == [])
            },
            Call("DELETE /\(bucket)/p/there", "delete there") { try await $0.delete(there) },
            Call("GET /\(bucket)?uploads", "list the uploads of") {
                _ = try await $0.debris()
            },
        ]
    }

    /// Uploads that are left.
    private func leftovers(_ bucket: TestBucket) async throws -> [Debris] {
        try await bucket.repository(prefix: "p").debris()
    }

    @Test func `every call outlives a fault that passes`() async throws {
        try await withFaults { faults, repository, bucket in
            let passing: [(fault: String, details: [JSON.Member])] = [
                ("reset", []), ("lose", []),
                ("status", [.init("status", 500), .init("code", "InternalError")]),
                ("status", [.init("status", 503), .init("code", "SlowDown")]),
            ]
            for (fault, details) in passing {
                for call in try Self.calls(bucket.name) {
                    try await faults.clear()
                    try await faults.inject(fault, into: call.request, times: 2, details)
                    do {
                        try await call.perform(repository)
                    } catch {
                        Issue.record("\(call.request), \(fault) \(details): \(error)")
                    }
                    #expect(try await faults.seen(call.request) >= 3, "\(call.request) \(fault)")
                    // An upload whose name was lost on its way is found as debris alone.
                    for debris in try await leftovers(bucket) {
                        #expect(fault == "lose" && call.request.hasSuffix("?uploads"))
                        try await repository.remove(debris)
                    }
                    if try await bucket.repository(prefix: "p").size(of: key("there")) == nil {
                        _ = try await bucket.repository(prefix: "p").put(
                            key("there"), Noise(900_000))
                    }
                }
            }
        }
    }

    @Test func `a fault that stays ends every call with what is wrong, and leaves no upload`()
        async throws
    {
        try await withFaults { faults, repository, bucket in
            let staying: [(String, [JSON.Member], RepositoryError.Trouble.Cause, String)] = [
                (
                    "status", [.init("status", 500), .init("code", "InternalError")], .passing,
                    "InternalError"
                ),
                (
                    "status", [.init("status", 503), .init("code", "SlowDown")], .passing,
                    "SlowDown"
                ),
                (
                    "status", [.init("status", 403), .init("code", "AccessDenied")], .denied,
                    "AccessDenied"
                ),
                (
                    "status", [.init("status", 400), .init("code", "ExpiredToken")], .denied,
                    "expired"
                ),
                (
                    "status", [.init("status", 507), .init("code", "InsufficientStorage")], .full,
                    "InsufficientStorage"
                ),
                ("reset", [], .passing, "cannot be reached"),
            ]
            for (fault, details, cause, words) in staying {
                for call in try Self.calls(bucket.name) {
                    try await faults.clear()
                    try await faults.inject(fault, into: call.request, times: 999, details)
                    let error = await #expect(throws: RepositoryError.self, "\(call.request)") {
                        try await call.perform(repository)
                    }
                    guard case .unavailable(let trouble) = error else {
                        Issue.record("\(call.request), \(fault): \(String(describing: error))")
                        continue
                    }
                    // An answer to HEAD has no body that would say more than its status.
                    if !call.request.hasPrefix("HEAD") {
                        #expect(trouble.cause == cause, "\(call.request) \(details)")
                        #expect(trouble.reason.contains(words), "\(call.request) \(trouble.reason)")
                    }
                    #expect(trouble.action.hasPrefix(call.action), "\(trouble.action)")
                    #expect(trouble.place == "s3://\(bucket.name)/p")
                    #expect(try await leftovers(bucket) == [], "\(call.request) \(fault)")
                }
            }
            try await faults.clear()
            #expect(try await repository.list("").map(\.key.path) == ["there"])
        }
    }

    @Test func `a session that expires for good in an upload is told, and nothing is left`()
        async throws
    {
        try await withFaults { faults, repository, bucket in
            try await faults.inject(
                "status", into: "PUT /\(bucket.name)/p/new?partNumber=2", times: 999,
                [.init("status", 400), .init("code", "ExpiredToken")])
            let error = await #expect(throws: RepositoryError.self) {
                try await repository.put(key("new"), Noise(Self.large))
            }
            guard case .unavailable(let trouble) = error else { throw UnexpectedError() }
            #expect(trouble.cause == .denied)
            #expect(trouble.reason.contains("expired"))
            #expect(try await leftovers(bucket) == [])
        }
    }

    private struct UnexpectedError: Error {}

    @Test func `a server that says nothing is given up`() async throws {
        var settings = S3Settings.quick
        settings.attempts = 2
        settings.timeouts.stall = .init(below: 1, for: .seconds(1))
        try await withFaults(settings: settings) { faults, repository, bucket in
            for call in try Self.calls(bucket.name) {
                try await faults.clear()
                try await faults.inject("stall", into: call.request, times: 999)
                let error = await #expect(throws: RepositoryError.self, "\(call.request)") {
                    try await call.perform(repository)
                }
                guard case .unavailable(let trouble) = error else { throw UnexpectedError() }
                #expect(trouble.cause == .passing, "\(call.request)")
                #expect(try await leftovers(bucket) == [], "\(call.request)")
            }
        }
    }

    @Test func `a part with a wrong ETag makes no object`() async throws {
        try await withFaults { faults, repository, bucket in
            try await faults.inject(
                "etag", into: "PUT /\(bucket.name)/p/new?partNumber=1", times: 1)
            let error = await #expect(throws: RepositoryError.self) {
                try await repository.put(key("new"), Noise(Self.large))
            }
            guard case .unavailable(let trouble) = error else { throw UnexpectedError() }
            #expect(trouble.reason.contains("did not get what was sent"), "\(trouble.reason)")
            #expect(try await repository.size(of: key("new")) == nil)
            #expect(try await leftovers(bucket) == [])
        }
    }

    @Test func `a read that is cut goes on, and one that is always cut is told`() async throws {
        try await withFaults { faults, repository, bucket in
            let whole = try await Noise(900_000).collected()
            for count in [0, 1, 400_000, 899_999] {
                try await faults.clear()
                try await faults.inject(
                    "truncate", into: "GET", times: 2, [.init("bytes", .int(count))])
                let isSame = try await repository.read(key("there")).collected() == whole
                #expect(isSame, "\(count)")
            }
            try await faults.clear()
            try await faults.inject("truncate", into: "GET", times: 999, [.init("bytes", 0)])
            let error = await #expect(throws: RepositoryError.self) {
                try await repository.read(key("there")).collected()
            }
            guard case .unavailable(let trouble) = error else { throw UnexpectedError() }
            #expect(trouble.cause == .passing)
        }
    }

    @Test func `a byte that changed on its way is seen`() async throws {
        try await withFaults { faults, repository, bucket in
            try await faults.inject("alter", into: "GET /\(bucket.name)/p/there", times: 1)
            let error = await #expect(throws: RepositoryError.self) {
                try await repository.read(key("there")).collected()
            }
            guard case .unavailable(let trouble) = error else { throw UnexpectedError() }
            #expect(trouble.cause == .other)
            #expect(trouble.reason.contains("checksum"), "\(trouble.reason)")
        }
    }

    @Test func `an error that says that all is well is no listing`() async throws {
        try await withFaults { faults, repository, bucket in
            try await faults.inject(
                "status", into: "GET /\(bucket.name)?", times: 9,
                [.init("status", 200), .init("code", "AccessDenied")])
            for call: @Sendable () async throws -> Void in [
                { _ = try await repository.list("") }, { _ = try await repository.debris() },
            ] {
                await #expect(throws: RepositoryError.self) { try await call() }
            }
        }
    }
}
